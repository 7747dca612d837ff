import type { SnmpOptions, SnmpSecrets } from '../../../protocol/probes/snmp.ts';
import type { Outcome } from '../../../protocol/round.ts';
import type { Limits } from '../../config/limits.ts';
import type { SnmpAsk, SnmpFound } from './asks.ts';
import type { Failure } from './session.ts';

// Between the agent and its SNMP process. Both ends are this program, started together, so the messages are typed and not validated.

/** One device as its process has it. `slot` names it between the two, as it does what is asked once. */
export interface DeviceOrder {
  readonly slot: number;
  readonly address: string;
  readonly intervalMs: number;
  readonly phaseMs: number;
  readonly options: SnmpOptions;
  readonly secrets: SnmpSecrets;
  readonly remembered: string | null;
}

export type ToEngine =
  | { readonly type: 'limits'; readonly limits: Limits | null }
  | { readonly type: 'add'; readonly devices: readonly DeviceOrder[] }
  | { readonly type: 'remove'; readonly slots: readonly number[] }
  | { readonly type: 'ask'; readonly slot: number; readonly ask: SnmpAsk };

export type FromEngine =
  | { readonly type: 'ready' }
  | { readonly type: 'round'; readonly slot: number; readonly startedMs: number; readonly durationMs: number; readonly outcome: Outcome }
  | { readonly type: 'found'; readonly slot: number; readonly found: SnmpFound }
  | { readonly type: 'asked'; readonly slot: number; readonly failure: Failure | null }
  | { readonly type: 'remember'; readonly slot: number; readonly text: string };
