import type { ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Log } from '../../protocol/log.ts';
import type { Health } from '../../protocol/status.ts';
import type { Clock } from '../../protocol/time.ts';
import type { Limits } from '../config/limits.ts';
import { keepChild } from '../kept-child.ts';
import type { IcmpEngine, MeasuredRound } from '../probes/probe.ts';
import { type Inbox, makeInbox } from './inbox.ts';
import { type ClosedRound, type EngineCounters, type EngineTask, type FromEngine, noCounters, type ToEngine } from './messages.ts';
import { startEngineProcess } from './process.ts';
import { outcomeOf } from './sample.ts';

/** The ICMP process as the agent has it: started again when it dies; while it is down there are no rounds, which is "no data", not loss. */
export interface SupervisedIcmpEngine extends IcmpEngine, AsyncDisposable {
  state(): IcmpState;
  /** Over all processes since the agent's start. */
  counters(): Readonly<EngineCounters>;
  /** How often the process was started again. */
  restarts(): number;
  /** For benchmarks and tests; null while none runs. */
  pid(): number | null;
  /** New guard rails; null: nothing is sent. */
  setLimits(limits: Limits | null): void;
}

export interface IcmpState {
  readonly icmp: Health['icmp'];
  /** What is wrong and how to mend it, or, beside `ok`, what is less than it could be; '' when nothing is. */
  readonly detail: string;
}

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits | null;
  /** Nice value of the ICMP process, -20 to 19; unless said, the agent's own. What the host does not allow is let be. */
  readonly nice?: number;
  readonly onState?: (state: IcmpState) => void;
  readonly execArgv?: readonly string[];
  /** A process that was started already, to be the first. */
  readonly first?: ChildProcess | null;
}

/** A capability does not come by itself, but setcap on the binary works for the next process. */
const PERMISSION_RETRY_MS = 60_000;
/** Rounds of one task that its reader may leave lying. */
const INBOX_ROUNDS = 1_000;

export const openIcmpEngine = (options: SupervisorOptions): SupervisedIcmpEngine => {
  const { clock, log } = options;
  const tasks = new Map<number, { readonly task: EngineTask; readonly inbox: Inbox<MeasuredRound> }>();
  const toAdd: EngineTask[] = [];
  const toRemove: number[] = [];
  let limits = options.limits;
  let first = options.first ?? null;
  let nextSlot = 1;
  let ready = false;
  let stamped = true;
  let state: IcmpState = { icmp: 'starting', detail: '' };
  let ended = noCounters();
  let running = noCounters();

  const become = (next: IcmpState): void => {
    if (next.icmp === state.icmp && next.detail === state.detail) return;
    state = next;
    if (next.icmp === 'ok') {
      log.info('icmp-ready', 'the ICMP process measures', { pid: kept.pid() });
      if (next.detail !== '') log.warn('icmp-unstamped', next.detail);
    } else if (next.icmp !== 'starting') log.error(`icmp-${next.icmp}`, next.detail);
    options.onState?.(next);
  };
  const send = (message: ToEngine): void => {
    if (ready) kept.send(message);
  };
  const tellReady = (): void =>
    become(limits === null ? { icmp: 'no-limits', detail: NO_LIMITS } : { icmp: 'ok', detail: stamped ? '' : NO_STAMPS });

  /** One message for all tasks that come or go in one turn: a new configuration has thousands. */
  const sendChanges = (): void => {
    if (toRemove.length > 0) send({ type: 'remove', slots: toRemove.splice(0) });
    if (toAdd.length > 0) send({ type: 'add', tasks: toAdd.splice(0) });
  };
  const changed = (): void => {
    if (ready && toAdd.length + toRemove.length === 1) queueMicrotask(sendChanges);
  };
  const hand = (round: ClosedRound): void => {
    const reader = tasks.get(round.slot);
    if (reader === undefined) return;
    reader.inbox.put({ startedMs: round.startedMs, durationMs: round.durationMs, outcome: outcomeOf(round, reader.task.address) });
  };
  const take = (message: FromEngine): void => {
    if (message.type === 'rounds') message.rounds.forEach(hand);
    else if (message.type === 'counters') running = message.counters;
    else if (message.type === 'no-permission') become({ icmp: 'no-permission', detail: noPermission() });
    else {
      ready = true;
      ({ stamped } = message);
      toAdd.length = 0;
      toRemove.length = 0;
      send({ type: 'limits', limits });
      send({ type: 'add', tasks: Array.from(tasks.values(), ({ task }) => task) });
      tellReady();
    }
  };

  const kept = keepChild<ToEngine, FromEngine>({
    clock,
    spawn: () => {
      const started = first ?? startEngineProcess(options.execArgv);
      first = null;
      setNice(started, options.nice);
      return started;
    },
    take,
    ended: (how) => {
      ready = false;
      ended = sum(ended, running);
      running = noCounters();
      if (how !== null && state.icmp !== 'no-permission')
        become({ icmp: 'failed', detail: `the ICMP process ended (${how}); it is started again` });
    },
    waitMs: () => (state.icmp === 'no-permission' ? PERMISSION_RETRY_MS : null),
  });
  kept.start();

  return {
    state: () => state,
    counters: () => sum(ended, running),
    restarts: kept.restarts,
    pid: () => (ready ? kept.pid() : null),
    setLimits: (next) => {
      limits = next;
      send({ type: 'limits', limits });
      if (ready) tellReady();
    },
    rounds: async function* (task, phaseMs, signal) {
      const slot = nextSlot++;
      const { count, spacingMs, timeoutMs, sizeBytes, dscp, ttl } = task.options;
      const engineTask: EngineTask = {
        slot,
        address: task.address,
        intervalMs: task.intervalMs,
        phaseMs,
        count,
        spacingMs,
        timeoutMs,
        sizeBytes,
        dscp,
        ttl,
      };
      const inbox = makeInbox<MeasuredRound>(INBOX_ROUNDS);
      tasks.set(slot, { task: engineTask, inbox });
      toAdd.push(engineTask);
      changed();
      try {
        yield* inbox.read(signal);
      } finally {
        tasks.delete(slot);
        toRemove.push(slot);
        changed();
      }
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
};

const NO_LIMITS =
  'the limits file is missing or unreadable, so nothing is sent; "agent register" writes one with the defaults, "agent doctor" says what is wrong with it';

const NO_STAMPS =
  'this kernel does not say when a packet came (SO_TIMESTAMPNS is refused): round trips hold the time until the agent woke, and their error bound says so';

const noPermission = (): string =>
  'raw ICMP needs CAP_NET_RAW: start the agent by its systemd unit, or as root; "agent doctor" says what else mends it';

const setNice = ({ pid }: ChildProcess, nice: number | undefined): void => {
  try {
    if (nice !== undefined && pid !== undefined) setPriority(pid, nice);
  } catch {
    // Not allowed here: it measures all the same, and the error bound shows the difference.
  }
};

const sum = (a: EngineCounters, b: EngineCounters): EngineCounters => {
  const total = { ...a };
  for (const name of COUNTER_NAMES) total[name] += b[name];
  return total;
};
const isCounterName = (name: string): name is keyof EngineCounters => Object.hasOwn(noCounters(), name);
const COUNTER_NAMES = Object.keys(noCounters()).filter(isCounterName);
