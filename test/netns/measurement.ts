import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { EngineCounters } from '../../agent/icmp/messages.ts';
import type { MeasuredRound } from '../../agent/probes/probe.ts';
import type { IcmpSample } from '../../protocol/probes/icmp.ts';
import type { Namespace } from './namespace.ts';

/** What measure.ts is to do. */
export interface MeasureOrder {
  readonly addresses: readonly string[];
  readonly intervalMs: number;
  /** Of ICMP, over the defaults. */
  readonly options: Readonly<Record<string, number>>;
  /** Over limits that hold nothing back. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** Rounds of each address; it ends after the last, or after durationMs. */
  readonly rounds: number;
  readonly durationMs: number;
  /** Of all; else spread over the interval. */
  readonly phaseMs?: number;
  readonly nice?: number;
  /** Pins the ICMP process to this core. */
  readonly core?: number;
}

export interface MeasureReport {
  readonly counters: EngineCounters;
  readonly restarts: number;
  /** Between the third second and the end: CPU time and the packets sent meanwhile. */
  readonly cpu: { readonly engineNs: number; readonly restNs: number; readonly packets: number };
}

export interface Measured {
  readonly rounds: readonly { readonly address: string; readonly round: MeasuredRound }[];
  readonly report: MeasureReport;
}

/** Runs the engine in the namespace and collects what it hands over. Rejects when it ends with an error. */
export const measureIn = async (namespace: Namespace, order: MeasureOrder): Promise<Measured> => {
  const child = namespace.spawn([process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'measure.ts')]);
  let complaints = '';
  child.stderr?.on('data', (chunk) => (complaints += String(chunk)));
  const exit = once(child, 'exit');
  child.stdin?.end(JSON.stringify(order));
  const rounds: { address: string; round: MeasuredRound }[] = [];
  let report: MeasureReport | null = null;
  if (child.stdout === null) throw new Error('no stdout');
  for await (const line of createInterface(child.stdout)) {
    const parsed = JSON.parse(line);
    if ('counters' in parsed) report = parsed;
    else rounds.push(parsed);
  }
  const [code] = await exit;
  if (code !== 0 || report === null) throw new Error(`measure.ts ended with ${code}: ${complaints}`);
  return { rounds, report };
};

export const sampleOf = (round: MeasuredRound): IcmpSample => {
  if (round.outcome.status !== 'sampled' || round.outcome.sample.kind !== 'icmp')
    throw new Error(`failed round: ${JSON.stringify(round.outcome)}`);
  return round.outcome.sample;
};
