import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../../protocol/log.ts';
import { type Clock, slept } from '../../../protocol/time.ts';
import type { Limits } from '../../config/limits.ts';
import { makeInbox } from '../../icmp/inbox.ts';
import type { MeasuredRound, SnmpEngine } from '../probe.ts';
import type { SnmpAsk, SnmpFound } from './asks.ts';
import type { DeviceOrder, FromEngine, ToEngine } from './messages.ts';
import type { Failure } from './session.ts';

/** The SNMP process as the agent has it: started with the first device, started again when it dies. */
export interface SupervisedSnmpEngine extends SnmpEngine, AsyncDisposable {
  restarts(): number;
  /** For benchmarks and tests; null while none runs. */
  pid(): number | null;
  setLimits(limits: Limits | null): void;
}

export interface SnmpSupervisorOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits | null;
}

interface Device {
  order: DeviceOrder;
  readonly put: (round: MeasuredRound) => void;
  readonly remember: (text: string) => void;
}

/** Something that is asked once. */
interface Question {
  readonly ask: SnmpAsk;
  readonly put: (found: SnmpFound) => void;
  readonly end: (failure: Failure | null) => void;
}

const ENDED: Failure = { ok: false, reason: 'unreachable', detail: 'the SNMP process ended in between' };
const FIRST_BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 30_000;
const WELL_AFTER_MS = 60_000;
/** Rounds of one device that its reader may leave lying. */
const INBOX_ROUNDS = 20;

export const openSnmpEngine = (options: SnmpSupervisorOptions): SupervisedSnmpEngine => {
  const { clock, log } = options;
  const stop = new AbortController();
  const devices = new Map<number, Device>();
  const questions = new Map<number, Question>();
  let limits = options.limits;
  let child: ChildProcess | null = null;
  let ready = false;
  let restarts = 0;
  let nextSlot = 1;
  let supervised: Promise<void> | null = null;
  const toAdd: DeviceOrder[] = [];
  const toRemove: number[] = [];

  const send = (message: ToEngine): void => {
    if (ready && child?.connected === true) child.send(message, undefined, undefined, () => undefined);
  };
  /** One message for all that come or go in one turn: a new configuration has hundreds. */
  const sendChanges = (): void => {
    if (toRemove.length > 0) send({ type: 'remove', slots: toRemove.splice(0) });
    if (toAdd.length > 0) send({ type: 'add', devices: toAdd.splice(0) });
  };
  const changed = (): void => {
    if (ready && toAdd.length + toRemove.length === 1) queueMicrotask(sendChanges);
  };
  const take = (message: FromEngine): void => {
    if (message.type === 'ready') {
      ready = true;
      toAdd.length = 0;
      toRemove.length = 0;
      send({ type: 'limits', limits });
      send({ type: 'add', devices: Array.from(devices.values(), ({ order }) => order) });
      for (const [slot, { ask }] of questions) send({ type: 'ask', slot, ask });
      return;
    }
    if (message.type === 'found') return questions.get(message.slot)?.put(message.found);
    if (message.type === 'asked') return questions.get(message.slot)?.end(message.failure);
    const device = devices.get(message.slot);
    if (device === undefined) return;
    if (message.type === 'round') {
      const { startedMs, durationMs, outcome } = message;
      device.put({ startedMs, durationMs, outcome });
      return;
    }
    device.order = { ...device.order, remembered: message.text }; // the next process goes on from here
    device.remember(message.text);
  };
  const runOnce = async (): Promise<void> => {
    const started = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = started;
    started.on('message', take);
    const kill = (): void => void started.kill('SIGKILL');
    stop.signal.addEventListener('abort', kill, { once: true });
    if (stop.signal.aborted) kill();
    const how = await exitOf(started);
    stop.signal.removeEventListener('abort', kill);
    child = null;
    if (ready) for (const { end } of questions.values()) end(ENDED);
    ready = false;
    if (!stop.signal.aborted) log.error('snmp-failed', `the SNMP process ended (${how}); it is started again`);
  };
  const supervise = async (): Promise<void> => {
    let backOffMs = FIRST_BACK_OFF_MS;
    while (!stop.signal.aborted) {
      const startedMs = clock.monotonic();
      await runOnce();
      if (clock.monotonic() - startedMs > WELL_AFTER_MS) backOffMs = FIRST_BACK_OFF_MS;
      if (!(await slept(clock, backOffMs, stop.signal))) return;
      backOffMs = Math.min(LONGEST_BACK_OFF_MS, backOffMs * 2);
      restarts += 1;
    }
  };

  return {
    restarts: () => restarts,
    pid: () => (ready ? (child?.pid ?? null) : null),
    setLimits: (next) => {
      limits = next;
      send({ type: 'limits', limits });
    },
    rounds: async function* ({ task, address, secrets, remembered, remember }, phaseMs, signal) {
      const slot = nextSlot++;
      const order: DeviceOrder = { slot, address, intervalMs: task.intervalMs, phaseMs, options: task.options, secrets, remembered };
      const inbox = makeInbox<MeasuredRound>(INBOX_ROUNDS);
      devices.set(slot, { order, put: inbox.put, remember });
      toAdd.push(order);
      changed();
      supervised ??= supervise();
      try {
        yield* inbox.read(signal);
      } finally {
        devices.delete(slot);
        toRemove.push(slot);
        changed();
      }
    },
    ask: (ask, put, signal) =>
      new Promise((resolve) => {
        const slot = nextSlot++;
        const abort = (): void => {
          send({ type: 'remove', slots: [slot] });
          end(null);
        };
        const end = (failure: Failure | null): void => {
          signal.removeEventListener('abort', abort);
          questions.delete(slot);
          resolve(failure);
        };
        if (signal.aborted) return resolve(null);
        signal.addEventListener('abort', abort, { once: true });
        questions.set(slot, { ask, put, end });
        send({ type: 'ask', slot, ask });
        supervised ??= supervise();
      }),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await supervised;
    },
  };
};

const exitOf = async (child: ChildProcess): Promise<string> => {
  try {
    const [code, signal] = await once(child, 'exit');
    return typeof signal === 'string' ? signal : `exit code ${String(code)}`;
  } catch {
    return 'could not be started';
  }
};
