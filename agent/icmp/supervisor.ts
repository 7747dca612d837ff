import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import type { Log } from '../../protocol/log.ts';
import type { Health } from '../../protocol/status.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import type { Limits } from '../config/limits.ts';
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

const FIRST_BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 30_000;
/** A process that ran so long was well: its next end starts the back-off anew. */
const WELL_AFTER_MS = 60_000;
/** A capability does not come by itself, but setcap on the binary works for the next process. */
const PERMISSION_RETRY_MS = 60_000;
/** Rounds of one task that its reader may leave lying. */
const INBOX_ROUNDS = 1_000;

export const openIcmpEngine = (options: SupervisorOptions): SupervisedIcmpEngine => {
  const { clock, log } = options;
  const stop = new AbortController();
  const tasks = new Map<number, { readonly task: EngineTask; readonly inbox: Inbox<MeasuredRound> }>();
  const toAdd: EngineTask[] = [];
  const toRemove: number[] = [];
  let limits = options.limits;
  let first = options.first ?? null;
  let nextSlot = 1;
  let child: ChildProcess | null = null;
  let ready = false;
  let stamped = true;
  let restarts = 0;
  let state: IcmpState = { icmp: 'starting', detail: '' };
  let ended = noCounters();
  let running = noCounters();

  const become = (next: IcmpState): void => {
    if (next.icmp === state.icmp && next.detail === state.detail) return;
    state = next;
    if (next.icmp === 'ok') {
      log.info('icmp-ready', 'the ICMP process measures', { pid: child?.pid });
      if (next.detail !== '') log.warn('icmp-unstamped', next.detail);
    } else if (next.icmp !== 'starting') log.error(`icmp-${next.icmp}`, next.detail);
    options.onState?.(next);
  };
  const send = (message: ToEngine): void => {
    // It may have died a moment ago: then this write fails, and its end is told by `exit`. Without a callback the error would end the agent.
    if (ready && child?.connected === true) child.send(message, undefined, undefined, () => undefined);
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

  /** Runs one process to its end. */
  const runOnce = async (): Promise<void> => {
    const started = first ?? startEngineProcess(options.execArgv);
    first = null;
    child = started;
    setNice(started, options.nice);
    started.on('message', take);
    const kill = (): void => void started.kill('SIGKILL');
    stop.signal.addEventListener('abort', kill, { once: true });
    if (stop.signal.aborted) kill();
    const [code, signal] = await exitOf(started);
    stop.signal.removeEventListener('abort', kill);
    child = null;
    ready = false;
    ended = sum(ended, running);
    running = noCounters();
    if (stop.signal.aborted || state.icmp === 'no-permission') return;
    become({ icmp: 'failed', detail: `the ICMP process ended (${signal ?? `exit code ${code}`}); it is started again` });
  };
  const supervise = async (): Promise<void> => {
    let backOffMs = FIRST_BACK_OFF_MS;
    while (!stop.signal.aborted) {
      const startedMs = clock.monotonic();
      await runOnce();
      if (clock.monotonic() - startedMs > WELL_AFTER_MS) backOffMs = FIRST_BACK_OFF_MS;
      if (!(await slept(clock, state.icmp === 'no-permission' ? PERMISSION_RETRY_MS : backOffMs, stop.signal))) return;
      backOffMs = Math.min(LONGEST_BACK_OFF_MS, backOffMs * 2);
      restarts += 1;
    }
  };
  const supervised = supervise();

  return {
    state: () => state,
    counters: () => sum(ended, running),
    restarts: () => restarts,
    pid: () => (ready ? (child?.pid ?? null) : null),
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
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await supervised;
    },
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

/** Exit code and signal; a process that could not be started has neither. */
const exitOf = async (child: ChildProcess): Promise<[number | null, string | null]> => {
  if (child.exitCode !== null || child.signalCode !== null) return [child.exitCode, child.signalCode];
  try {
    const [code, signal] = await once(child, 'exit');
    return [typeof code === 'number' ? code : null, typeof signal === 'string' ? signal : null];
  } catch {
    return [null, 'could not be started'];
  }
};

const sum = (a: EngineCounters, b: EngineCounters): EngineCounters => {
  const total = { ...a };
  for (const name of COUNTER_NAMES) total[name] += b[name];
  return total;
};
const isCounterName = (name: string): name is keyof EngineCounters => Object.hasOwn(noCounters(), name);
const COUNTER_NAMES = Object.keys(noCounters()).filter(isCounterName);
