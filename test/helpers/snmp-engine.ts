import { Limits } from '../../agent/config/limits.ts';
import type { MeasuredRound, SnmpOrder } from '../../agent/probes/probe.ts';
import { openSnmpEngine, type SupervisedSnmpEngine } from '../../agent/probes/snmp/supervisor.ts';
import { silentLog } from '../../protocol/log.ts';
import { SnmpOptions, SnmpSample, type SnmpSecrets } from '../../protocol/probes/snmp.ts';
import { systemClock } from '../../protocol/time.ts';

/** One device on loopback as the agent orders it. */
export const snmpOrder = (id: string, port: number, options: object, secrets: SnmpSecrets, intervalMs = 500): SnmpOrder => {
  const parsed = SnmpOptions.parse({ kind: 'snmp', port, access: { version: '2c' }, sealed: '', ports: {}, timeoutMs: 1_000, ...options });
  const target = { id, address: '127.0.0.1', family: 'any' as const };
  return {
    task: { id: `${id}/snmp`, target, intervalMs, options: parsed },
    address: '127.0.0.1',
    secrets,
    remembered: null,
    remember: () => {},
  };
};

/** Throws when the round has none. */
export const snmpSampleOf = (round: MeasuredRound | undefined): SnmpSample => {
  if (round?.outcome.status !== 'sampled') throw new Error(JSON.stringify(round?.outcome));
  return SnmpSample.parse(round.outcome.sample);
};

export const openTestEngine = (limits: Limits | null = Limits.parse({})): SupervisedSnmpEngine =>
  openSnmpEngine({ clock: systemClock, log: silentLog, limits });

/** The first `count` rounds of a device. */
export const takeRounds = async (engine: SupervisedSnmpEngine, order: SnmpOrder, count: number): Promise<MeasuredRound[]> => {
  const rounds: MeasuredRound[] = [];
  const stop = new AbortController();
  for await (const round of engine.rounds(order, 0, AbortSignal.any([stop.signal, AbortSignal.timeout(20_000)]))) {
    rounds.push(round);
    if (rounds.length === count) stop.abort();
  }
  return rounds;
};
