import type { Db } from '../protocol/database.ts';
import type { Parsed } from '../protocol/labels.ts';
import type { Transport } from '../protocol/link.ts';
import type { Log } from '../protocol/log.ts';
import type { Random } from '../protocol/random.ts';
import { sealingContext } from '../protocol/sealing.ts';
import type { Health, OnlineStatus } from '../protocol/status.ts';
import type { Task } from '../protocol/task.ts';
import { type Clock, slept } from '../protocol/time.ts';
import { type Apply, ConfigKeeper } from './config/keeper.ts';
import { LastGood } from './config/last-good.ts';
import { Desk } from './errands/desk.ts';
import { Events } from './events.ts';
import type { Host } from './host.ts';
import { makeIntake } from './intake.ts';
import { keepConnected } from './link/connection.ts';
import { openProbe } from './probes/index.ts';
import { openMemory } from './probes/memory.ts';
import type { Machine } from './probes/local/machine.ts';
import type { IcmpEngine, ProbeContext, Resolve, SnmpEngine } from './probes/probe.ts';
import { phaseOf } from './schedule/plan.ts';
import { TaskRunner } from './schedule/runner.ts';
import { Conversation } from './session.ts';
import { Spool } from './spool/spool.ts';
import { statusOf } from './status.ts';
import { Timekeeper } from './time/timekeeper.ts';
import { defaultTiming, type Timing } from './timing.ts';
import { Uplink } from './uplink/uplink.ts';
import { Wake } from './uplink/wake.ts';
import { type SendPage, Watchdog } from './watchdog/watchdog.ts';

/** Everything that an agent stands on. No files, no environment, no timers of its own: many agents run in one process under a simulated clock. */
export interface AgentDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: Host;
  readonly transport: Transport;
  /** A message's JSON as bytes; protocol/codec.ts unless said. */
  readonly toBytes?: (json: string) => Uint8Array;
  /** The agent's whole durable state: spool, offset history, kept configuration. Survives restarts; closed by the caller. */
  readonly db: Db;
  readonly icmp: IcmpEngine;
  readonly snmp: SnmpEngine;
  /** The machine that it runs on. */
  readonly machine: Machine;
  /** Opens a secret that was sealed to this agent, in its context (protocol/sealing.ts). */
  readonly unseal: (context: string, sealed: string) => Parsed<string>;
  readonly resolve: Resolve;
  readonly identity: { readonly agentId: string /** Ed25519 SPKI, base64. */; readonly rootKey: string };
  readonly about: { readonly version: string; readonly hostname: string; readonly capabilities: readonly string[] };
  /** What the probes' processes say of themselves, now. */
  readonly health: () => Health;
  /** Calls the handler when `health` has changed: the controller hears of it at once. */
  readonly onHealth?: (handler: () => void) => void;
  readonly certificateExpiresAt?: () => number | null;
  /** Where this agent's own /metrics can be reached from elsewhere. */
  readonly metricsAddress?: () => string | undefined;
  /** Told at each status, connected or not: for `agent status`. */
  readonly onStatus?: (status: OnlineStatus, connection: Connection) => void;
  readonly timing?: Partial<Timing>;
  /** Bytes of rounds that the spool holds at most; 256 MiB unless said. */
  readonly spoolCapBytes?: number;
  /** How this host says that its controller is gone, when it is named for that. */
  readonly page?: SendPage;
  /** Bytes left on the disk under the database; plenty unless said. */
  readonly diskFree?: () => number;
}

export interface Connection {
  readonly connected: boolean;
  /** Why not, in words. */
  readonly detail: string;
}

/** What the loops of one agent share. */
export interface Agent {
  readonly deps: AgentDeps;
  readonly timing: Timing;
  readonly timekeeper: Timekeeper;
  readonly spool: Spool;
  readonly uplink: Uplink;
  readonly keeper: ConfigKeeper;
  readonly runner: TaskRunner;
  readonly watchdog: Watchdog;
  readonly desk: Desk;
  readonly events: Events;
  /** There is something to commit or to send. */
  readonly work: Wake;
  /** There is something to say: a report, another health. */
  readonly news: Wake;
  readonly status: () => OnlineStatus;
  readonly stopping: () => boolean;
}

const SPOOL_CAP_BYTES = 256 * 1024 * 1024;
const EPOCH_BYTES = 8;
/** A backlog is acknowledged faster than rounds close: so many share a commit at most. */
const MANY_ACKNOWLEDGEMENTS = 16;

/** Measures, spools, publishes and obeys until the signal aborts; then spools the last rounds, says goodbye and resolves.
 * Rejects only when its database is unusable at the start. */
export const runAgent = async (deps: AgentDeps, signal: AbortSignal): Promise<void> => {
  const agent = assemble(deps, signal);
  let connection: Connection = { connected: false, detail: 'not connected yet' };
  const tell = (): void => deps.onStatus?.(agent.status(), connection);
  agent.keeper.resume();
  tell();
  const link = keepConnected(
    {
      ...deps,
      log: agent.events.log,
      converse: () => new Conversation(agent),
      onState: (connected, detail) => {
        connection = { connected, detail };
        tell();
      },
    },
    signal,
  );
  await Promise.all([
    link,
    commitLoop(agent, signal),
    suspendLoop(agent, signal),
    tellLoop(agent, tell, signal),
    agent.watchdog.run(signal),
  ]);
};

const assemble = (deps: AgentDeps, stop: AbortSignal): Agent => {
  const { clock, db, host, random } = deps;
  const timing = { ...defaultTiming, ...deps.timing };
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const timekeeper = new Timekeeper(db, clock, host);
  const news = new Wake();
  const events = new Events(
    deps.log,
    () => timekeeper.now()?.atMs ?? clock.now(),
    () => news.ring(),
  );
  const { log } = events;
  const spool = new Spool({
    db,
    log,
    timekeeper,
    epoch: random.hex(EPOCH_BYTES),
    capBytes: deps.spoolCapBytes ?? SPOOL_CAP_BYTES,
    diskFree: deps.diskFree ?? (() => Number.POSITIVE_INFINITY),
  });
  const uplink = new Uplink({ spool, timekeeper, clock, timing, log });
  const work = new Wake();
  deps.onHealth?.(() => news.ring());
  const intake = makeIntake(clock, timekeeper, spool, host.bootId);
  const memory = openMemory(db);
  const { agentId } = deps.identity;
  const unseal = (task: string, sealed: string): Parsed<string> => deps.unseal(sealingContext(agentId, task), sealed);
  const open = (task: Task, signal: AbortSignal): ReturnType<typeof openProbe> =>
    openProbe(task, {
      ...deps,
      spool: () => spoolFigures(spool),
      memory,
      unseal,
      phaseMs: phaseOf(agentId, task.id, task.intervalMs),
      signal,
    });
  const runner = new TaskRunner({
    log,
    open,
    onRound: (task, round) => {
      intake(task, round);
      work.ring();
    },
  });
  const now = (): number => timekeeper.now()?.atMs ?? clock.now();
  const watchdog = new Watchdog({ clock, log, agentId, unseal, page: deps.page, now });
  const apply: Apply = (tasks, config) => {
    watchdog.take(config.watchdog);
    return runner.apply(tasks);
  };
  const keeper = new ConfigKeeper(deps.identity, new LastGood(db), apply, log, timekeeper.steady.now());
  const desk = new Desk({ ...deps, log, unseal, held: keeper.held, now: () => timekeeper.now()?.atMs ?? null });
  const status = (): OnlineStatus => statusOf({ deps, spool, timekeeper, keeper, runner, staleMs: timing.staleMs });
  return {
    deps,
    timing,
    timekeeper,
    spool,
    uplink,
    keeper,
    runner,
    watchdog,
    desk,
    events,
    work,
    news,
    status,
    stopping: () => stop.aborted,
  };
};

const spoolFigures = ({ stats: { rounds, bytes, capBytes, dropped } }: Spool): ReturnType<ProbeContext['spool']> => ({
  rounds,
  bytes: Math.max(0, Math.round(bytes)),
  capBytes,
  dropped,
});

/** The one loop that writes and sends: rounds that close within `commitMs` share a commit, and go out right after it. */
const commitLoop = async (agent: Agent, signal: AbortSignal): Promise<void> => {
  const { deps, timing, spool, uplink, timekeeper, work, runner } = agent;
  let nextMs = Number.POSITIVE_INFINITY;
  let commits = 0;
  let settleAt = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    await work.wait(deps.clock, nextMs, signal);
    if (spool.waiting.length > 0) await slept(deps.clock, timing.commitMs, signal);
    if (signal.aborted) break;
    const now = deps.clock.monotonic();
    const isDue = spool.waiting.length > 0 || now >= settleAt || spool.acknowledgements >= MANY_ACKNOWLEDGEMENTS;
    const committed = !isDue || spool.commit(uplink.sending && timekeeper.synchronised);
    if (isDue && ++commits % 1_000 === 0) spool.tidy();
    const pumpMs = uplink.pump();
    if (spool.acknowledgements === 0) settleAt = Number.POSITIVE_INFINITY;
    else settleAt = Math.min(isDue ? Number.POSITIVE_INFINITY : settleAt, now + (committed ? timing.settleMs : 1_000));
    nextMs = Math.min(pumpMs, settleAt - now, committed ? Number.POSITIVE_INFINITY : 1_000);
  }
  await runner.stop();
  spool.commit(false);
};

/** Suspends are looked for often: what lies between two looks is the uncertainty of a round that began there. */
const suspendLoop = async ({ deps, events, timing, timekeeper }: Agent, signal: AbortSignal): Promise<void> => {
  while (await slept(deps.clock, timing.suspendCheckMs, signal)) {
    const sleptMs = timekeeper.look();
    if (sleptMs > 0) events.log.warn('suspended', `the host was suspended for ${(sleptMs / 1000).toFixed(1)} s`);
  }
};

const tellLoop = async ({ deps, timing }: Agent, tell: () => void, signal: AbortSignal): Promise<void> => {
  while (await slept(deps.clock, timing.tellMs, signal)) tell();
};
