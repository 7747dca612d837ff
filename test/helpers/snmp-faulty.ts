import type { Test } from 'tap';
import { type MadeDevice, type MadePort, mibOf } from './snmp-device.ts';
import { openPoller, type Poller, type PollerOptions } from './snmp-poll.ts';
import { type Faults, openResponder, type Responder } from './snmp-responder.ts';

export const FAULTY_PORTS = 60;

export const faultyDevice = (): MadeDevice => ({
  sysName: 'sw1',
  upTimeCs: () => 100_000,
  ports: Array.from(
    { length: FAULTY_PORTS },
    (_, i): MadePort => ({ index: i + 1, name: `ge-0/0/${i}`, inOctets: BigInt(i) * 1_000n, outOctets: 0n }),
  ),
});

/** A device with these faults and a poller of it; both end with the test. */
export const openFaulty = async (
  t: Test,
  faults: Faults,
  options: Partial<PollerOptions> = {},
): Promise<{ readonly responder: Responder; readonly poller: Poller }> => {
  const responder = await openResponder(mibOf(faultyDevice()), faults);
  const poller = openPoller({ port: responder.port, ...options });
  t.teardown(async () => {
    poller[Symbol.dispose]();
    await responder[Symbol.asyncDispose]();
  });
  return { responder, poller };
};
