import type { Db } from '../protocol/database.ts';
import type { Transport } from '../protocol/link.ts';
import type { Log } from '../protocol/log.ts';
import type { Random } from '../protocol/random.ts';
import type { Health, OnlineStatus } from '../protocol/status.ts';
import type { Clock } from '../protocol/time.ts';
import type { Host } from './host.ts';
import type { IcmpEngine, Resolve } from './probes/probe.ts';
import type { Timing } from './timing.ts';

/** Everything that an agent stands on. No files, no environment, no timers of its own: many agents run in one process under a simulated clock. */
export interface AgentDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: Host;
  readonly transport: Transport;
  /** The agent's whole durable state: spool, offset history, kept configuration. Survives restarts; closed by the caller. */
  readonly db: Db;
  readonly icmp: IcmpEngine;
  readonly resolve: Resolve;
  readonly identity: { readonly agentId: string /** Ed25519 SPKI, base64. */; readonly rootKey: string };
  readonly about: { readonly version: string; readonly hostname: string; readonly capabilities: readonly string[] };
  /** What the probes' processes say of themselves, now. */
  readonly health: () => Health;
  readonly certificateExpiresAt?: () => number | null;
  /** Told at each status that would be sent, connected or not: for `agent status`. */
  readonly onStatus?: (status: OnlineStatus, connection: { readonly connected: boolean; readonly detail: string }) => void;
  readonly timing?: Partial<Timing>;
  /** Bytes of rounds that the spool holds at most; 256 MiB unless said. */
  readonly spoolCapBytes?: number;
}

/** Measures, spools, publishes and obeys until the signal aborts; then spools the last rounds, says goodbye and resolves.
 * Rejects only when its database is unusable at the start. */
export const runAgent = async (_deps: AgentDeps, _signal: AbortSignal): Promise<void> => {
  throw new Error('not yet wired');
};
