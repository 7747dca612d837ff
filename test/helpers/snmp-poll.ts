import { emptyMemory, poll, type Polled } from '../../agent/probes/snmp/poll.ts';
import { openSession } from '../../agent/probes/snmp/session.ts';
import { makeSizer } from '../../agent/probes/snmp/sizer.ts';
import { SnmpOptions, SnmpSample, type SnmpSecrets } from '../../protocol/probes/snmp.ts';
import { type Clock, systemClock } from '../../protocol/time.ts';

/** Polls one device as its loop does, at moments that the test names: what lies between two polls costs no time. */
export interface Poller extends Disposable {
  /** At `seconds` of a monotonic clock that only this poller has. */
  at(seconds: number): Promise<Polled>;
  /** The sample; throws when the device gave nothing. */
  sample(seconds: number): Promise<SnmpSample>;
}

export interface PollerOptions {
  readonly port: number;
  readonly options?: Partial<SnmpOptions>;
  readonly secrets?: SnmpSecrets;
  readonly budgetMs?: number;
}

export const openPoller = ({ port, options = {}, secrets = { community: 'public' }, budgetMs = 20_000 }: PollerOptions): Poller => {
  const parsed = SnmpOptions.parse({
    kind: 'snmp',
    port,
    access: { version: '2c' },
    sealed: '',
    ports: {},
    timeoutMs: 300,
    retries: 1,
    ...options,
  });
  const device = { address: '127.0.0.1', port };
  const { access, timeoutMs, retries } = parsed;
  const session = openSession({ device, access, secrets, timeoutMs, retries, permit: () => null }, systemClock);
  const sizer = makeSizer(parsed.answerBytes);
  const memory = emptyMemory();
  const at = async (seconds: number): Promise<Polled> => {
    const startedMs = systemClock.monotonic();
    const clock: Clock = { ...systemClock, monotonic: () => seconds * 1_000 + (systemClock.monotonic() - startedMs) };
    session.wire.requests = 0;
    session.wire.garbage = 0;
    const reading = { session, sizer, clock, signal: new AbortController().signal, deadlineMs: seconds * 1_000 + budgetMs };
    return poll({ ...reading, problems: new Set(), variables: 0, timeouts: 0, slowestMs: 0 }, parsed, '127.0.0.1', memory);
  };
  return {
    at,
    async sample(seconds) {
      const polled = await at(seconds);
      if (!polled.ok) throw new Error(JSON.stringify(polled.failure));
      return SnmpSample.parse(JSON.parse(JSON.stringify(polled.sample)));
    },
    [Symbol.dispose]: () => session.close(),
  };
};
