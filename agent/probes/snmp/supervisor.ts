import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../../protocol/log.ts';
import type { Clock } from '../../../protocol/time.ts';
import type { Limits } from '../../config/limits.ts';
import { makeInbox } from '../../icmp/inbox.ts';
import { keepChild } from '../../kept-child.ts';
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
/** Rounds of one device that its reader may leave lying. */
const INBOX_ROUNDS = 20;

export const openSnmpEngine = (options: SnmpSupervisorOptions): SupervisedSnmpEngine => {
  const { clock, log } = options;
  const devices = new Map<number, Device>();
  const questions = new Map<number, Question>();
  let limits = options.limits;
  let ready = false;
  let nextSlot = 1;
  const toAdd: DeviceOrder[] = [];
  const toRemove: number[] = [];

  const send = (message: ToEngine): void => {
    if (ready) kept.send(message);
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
  const kept = keepChild<ToEngine, FromEngine>({
    clock,
    spawn: () =>
      fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    take,
    ended: (how) => {
      if (ready) for (const { end } of questions.values()) end(ENDED);
      ready = false;
      if (how !== null) log.error('snmp-failed', `the SNMP process ended (${how}); it is started again`);
    },
  });

  return {
    restarts: kept.restarts,
    pid: () => (ready ? kept.pid() : null),
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
      kept.start();
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
        kept.start();
      }),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
};
