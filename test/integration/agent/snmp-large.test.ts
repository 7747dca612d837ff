import t from 'tap';
import { BATCH_MAX_BYTES } from '../../../protocol/batch.ts';
import { encode } from '../../../protocol/codec.ts';
import { makeBatch, makeRound } from '../../helpers/rounds.ts';
import { type MadeDevice, type MadePort, mibOf } from '../../helpers/snmp-device.ts';
import { openPoller } from '../../helpers/snmp-poll.ts';
import { openResponder } from '../../helpers/snmp-responder.ts';

const PORTS = 2_000;

t.test('a box of 2,000 ports: read in seconds, renumbered in between, and its round fits into a message', async (t) => {
  const ports = Array.from(
    { length: PORTS },
    (_, i): MadePort => ({
      index: i + 1,
      name: `ge-${Math.floor(i / 48)}/0/${i % 48}`,
      alias: `customer ${i}`,
      physAddress: `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`,
      inOctets: BigInt(i) * 1_000_000_007n,
      outOctets: BigInt(i) * 1_000_003n,
      packets: BigInt(i) * 1_009n + 5n,
    }),
  );
  let now = 0;
  const device: MadeDevice = { sysName: 'big', upTimeCs: () => 1_000_000 + now * 100, ports };
  await using responder = await openResponder(mibOf(device));
  using poller = openPoller({ port: responder.port, options: { timeoutMs: 2_000 }, budgetMs: 54_000 });
  const first = await poller.sample(0);
  t.equal(first.ports.length, PORTS);
  t.equal(first.complete, true);

  for (const [i, port] of ports.entries()) {
    port.index = PORTS - i + 10_000;
    port.inOctets += BigInt(i);
    port.packets = (port.packets ?? 0n) + 1n;
  }
  now = 60;
  responder.setMib(mibOf(device));
  const second = await poller.sample(60);
  t.equal(second.ports.length, PORTS);
  const wrong = ports.filter((port, i) => {
    const found = second.ports.find(({ index }) => index === port.index);
    return found?.name !== port.name || found.rates?.inOctets !== i;
  });
  t.same(wrong, [], 'every port is the one that it was, with what it counted');

  const round = makeRound(1, 1_000, { task: 'big/snmp', outcome: { status: 'sampled', sample: second } });
  const bytes = encode(makeBatch([round])).length;
  t.ok(bytes < BATCH_MAX_BYTES, `${bytes} bytes of a message`);
});
