// The SNMP process: every device has a loop of its own, so that a slow one delays nobody. Started and told by supervisor.ts.
import { systemClock } from '../../../protocol/time.ts';
import { makeCompilersWhenBusy } from '../../compilers.ts';
import type { Limits } from '../../config/limits.ts';
import { runAsk } from './asks.ts';
import { runDevice } from './device.ts';
import type { FromEngine, ToEngine } from './messages.ts';

const running = new Map<number, AbortController>();
let limits: Limits | null = null;

const compilersWhenBusy = makeCompilersWhenBusy(systemClock.monotonic);

const tell = (message: FromEngine): void => {
  compilersWhenBusy();
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

const take = (message: ToEngine): void => {
  switch (message.type) {
    case 'limits':
      limits = message.limits;
      return;
    case 'add':
      for (const device of message.devices) {
        const stop = new AbortController();
        running.set(device.slot, stop);
        void runDevice(device, { clock: systemClock, limits: () => limits, tell }, stop.signal);
      }
      return;
    case 'ask': {
      const { slot, ask } = message;
      const stop = new AbortController();
      running.set(slot, stop);
      const put: Parameters<typeof runAsk>[1]['put'] = (found) => tell({ type: 'found', slot, found });
      void runAsk(ask, { clock: systemClock, limits: () => limits, put }, stop.signal).then((failure) => {
        running.delete(slot);
        tell({ type: 'asked', slot, failure });
      });
      return;
    }
    case 'remove':
      for (const slot of message.slots) {
        running.get(slot)?.abort(new Error('removed'));
        running.delete(slot);
      }
      return;
    default:
      message satisfies never;
  }
};

process.on('message', take);
process.on('disconnect', () => process.exit(0));
// The agent ends this process by name; a signal to the whole group must not end it first.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
tell({ type: 'ready' });
