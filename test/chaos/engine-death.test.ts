import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Limits } from '../../agent/config/limits.ts';
import { openIcmpEngine } from '../../agent/icmp/supervisor.ts';
import type { Log } from '../../protocol/log.ts';
import { systemClock } from '../../protocol/time.ts';
import { until } from './part.ts';

// Loaded into the ICMP process before all else: it dies in the very moment in which it says that it is ready.
const DIES_WHEN_READY = `
const send = process.send.bind(process);
process.send = (message, ...rest) => {
  const sent = send(message, ...rest);
  if (message.type === 'ready') process.kill(process.pid, 'SIGKILL');
  return sent;
};`;

t.setTimeout(30_000);
t.test(
  'the ICMP process dies before it has read its first orders: the agent lives on and starts it again',
  { skip: process.getuid?.() === 0 ? false : 'needs CAP_NET_RAW' },
  async (t) => {
    const events: string[] = [];
    const say = (event: string): void => void events.push(event);
    const log: Log = { info: say, warn: say, error: say };
    await using engine = openIcmpEngine({
      clock: systemClock,
      log,
      limits: Limits.parse({}),
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', `data:text/javascript,${encodeURIComponent(DIES_WHEN_READY)}`],
    });

    // Too busy to listen while the process comes and dies: its last words are then read when nobody is left to answer to.
    await delay(50);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);

    await until(() => engine.restarts() >= 2, 20_000);
    await delay(100);

    t.ok(events.includes('icmp-failed'), 'and says so');
  },
);
