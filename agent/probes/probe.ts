import type { Parsed } from '../../protocol/labels.ts';
import type { OptionsOf, ProbeKind } from '../../protocol/probes/index.ts';
import type { HostSample } from '../../protocol/probes/host.ts';
import type { SnmpSecrets } from '../../protocol/probes/snmp.ts';
import type { Outcome } from '../../protocol/round.ts';
import type { Task } from '../../protocol/task.ts';
import type { Clock } from '../../protocol/time.ts';
import type { Machine } from './local/machine.ts';
import type { SnmpAsk, SnmpFound } from './snmp/asks.ts';
import type { Failure } from './snmp/session.ts';

/** A closed round before it has a sequence and a timestamp: monotonic time only (`Clock.monotonic`). */
export interface MeasuredRound {
  readonly startedMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
}

export type TaskOf<K extends ProbeKind> = Omit<Task, 'options'> & { readonly options: OptionsOf<K> };

/** The ICMP process, seen from the agent: it owns the sockets, the pacing and the guard rails, and answers with closed rounds. */
export interface IcmpEngine {
  /** Rounds of a task, until the signal aborts. `phaseMs` in [0, intervalMs): a round starts where monotonic time ≡ phase modulo interval.
   * While the process is down no rounds come: the gap is "no data". */
  rounds(task: TaskOf<'icmp'> & { readonly address: string }, phaseMs: number, signal: AbortSignal): AsyncIterable<MeasuredRound>;
}

/** One device to poll, with what its configuration does not say in clear. */
export interface SnmpOrder {
  readonly task: TaskOf<'snmp'>;
  readonly address: string;
  readonly secrets: SnmpSecrets;
  /** What was remembered of its ports, as text; null for a new device. */
  readonly remembered: string | null;
  /** Told when that has changed. */
  readonly remember: (text: string) => void;
}

/** The SNMP process, seen from the agent: sessions, tables, counters; its work never delays the ICMP process or this one. */
export interface SnmpEngine {
  /** Rounds of a device, as `IcmpEngine.rounds`. */
  rounds(order: SnmpOrder, phaseMs: number, signal: AbortSignal): AsyncIterable<MeasuredRound>;
  /** Asks once; what is found is handed to `put` as it comes. Resolves, never rejects: null when nothing went wrong, or the signal aborted. */
  ask(ask: SnmpAsk, put: (found: SnmpFound) => void, signal: AbortSignal): Promise<Failure | null>;
}

/** A little that a task keeps over restarts of the agent: one text. */
export interface Memory {
  read(task: string): string | null;
  write(task: string, text: string): void;
}

export interface ProbeContext {
  readonly clock: Clock;
  readonly icmp: IcmpEngine;
  readonly snmp: Pick<SnmpEngine, 'rounds'>;
  readonly machine: Machine;
  /** How full the spool is. */
  readonly spool: () => HostSample['spool'];
  readonly memory: Memory;
  /** Opens a secret that was sealed to this agent for this task (protocol/sealing.ts). */
  readonly unseal: (task: string, sealed: string) => Parsed<string>;
  /** Names to addresses; every address is checked against the denied networks, and the checked one is probed. */
  readonly resolve: Resolve;
  readonly phaseMs: number;
  readonly signal: AbortSignal;
}

export type Resolution =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly blame: 'resolver' | 'agent'; readonly reason: string; readonly detail: string };
/** `probe`: who is going to send there; icmp unless said. */
export type Resolve = (address: string, family: 'any' | 'v4' | 'v6', signal: AbortSignal, probe?: ProbeKind) => Promise<Resolution>;

/** Opens a task and yields its rounds until the signal. Never publishes, never retries, never throws for a bad target. */
export type Probe<K extends ProbeKind> = (task: TaskOf<K>, context: ProbeContext) => AsyncIterable<MeasuredRound>;
