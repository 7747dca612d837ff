import type { OnlineStatus } from '../protocol/status.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import type { AgentDeps } from './agent.ts';
import type { ConfigKeeper } from './config/keeper.ts';
import type { TaskRunner } from './schedule/runner.ts';
import type { Spool } from './spool/spool.ts';
import type { Timekeeper } from './time/timekeeper.ts';

export interface StatusParts {
  readonly deps: AgentDeps;
  readonly spool: Spool;
  readonly timekeeper: Timekeeper;
  readonly keeper: ConfigKeeper;
  readonly runner: TaskRunner;
  readonly staleMs: number;
}

/** What the agent says of itself now. `clock.offsetMs` is the controller's time minus this host's wall clock. */
export const statusOf = ({ deps, spool, timekeeper, keeper, runner, staleMs }: StatusParts): OnlineStatus => {
  const controller = timekeeper.now();
  const { rounds, bytes, capBytes, dropped } = spool.stats;
  const expiresAt = deps.certificateExpiresAt?.() ?? null;
  const metricsAddress = deps.metricsAddress?.();
  return {
    v: PROTOCOL_VERSION,
    state: 'online',
    epoch: spool.epoch,
    version: deps.about.version,
    hostname: deps.about.hostname,
    capabilities: [...deps.about.capabilities],
    applied: keeper.applied,
    mayBeStale: keeper.mayBeStale(timekeeper.steady.now(), staleMs),
    clock:
      controller === null ? null : { offsetMs: controller.atMs - deps.clock.now(), boundMs: controller.boundMs, ageS: controller.ageS },
    spool: { rounds, bytes: Math.max(0, Math.round(bytes)), capBytes, dropped },
    packetsPerSecond: runner.packetsPerSecond,
    health: deps.health(),
    ...(expiresAt === null ? {} : { certificateExpiresAt: expiresAt }),
    ...(metricsAddress === undefined ? {} : { metricsAddress }),
  };
};
