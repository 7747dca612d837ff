// Asks what this machine is, tells it once, and ends. A process of its own because asking runs programs and can block for a minute on hosts
// with hundreds of interfaces; started by ask.ts.
import si from 'systeminformation';
import { systemClock } from '../../../protocol/time.ts';
import { describeMachine } from './describe.ts';

process.on('disconnect', () => process.exit(0));
const startedMs = systemClock.monotonic();
const tell = (message: object): void => {
  process.send?.(message, undefined, undefined, () => undefined);
};

// The facts first: where the interfaces take too long, these are told already.
const [system, os, cpu, memory] = await Promise.all([si.system(), si.osInfo(), si.cpu(), si.mem()]);
tell(describeMachine({ system, os, cpu, memory, interfaces: [] }, systemClock.monotonic() - startedMs));
const found = await si.networkInterfaces();
const interfaces = Array.isArray(found) ? found : [found];
tell(describeMachine({ system, os, cpu, memory, interfaces }, systemClock.monotonic() - startedMs));
process.disconnect?.();
