import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import t from 'tap';
import * as z from 'zod';
import { send } from '../../../controller/delivery/index.ts';
import { Target } from '../../../protocol/target.ts';
import { makeDisks, openTestController, type TestController } from '../../helpers/controller.ts';
import { makeBatch, makeRound, TEN } from '../../helpers/rounds.ts';

const START = 1_800_000_000_000;
const INTERVAL_MS = 10_000;
const Told = z.object({ status: z.string(), groupKey: z.string(), idempotencyKey: z.string() });

/** A receiver of webhooks on a free port; `told` resolves when it has got so many. */
const openReceiver = async () => {
  const got: z.infer<typeof Told>[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      got.push(Told.parse(body));
      response.writeHead(204).end();
      server.emit('told');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    got,
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook`,
    told: async (count: number) => {
      while (got.length < count) await once(server, 'told', { signal: AbortSignal.timeout(5_000) });
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const furnish = async (test: TestController, url: string): Promise<void> => {
  const document = JSON.stringify({ id: 'hook', kind: 'webhook', url, allowPrivate: true });
  await test.state.insertInto('notifiers').values({ id: 'hook', document, updated_at: 0 }).execute();
  const target = Target.parse({ id: 'gw', name: 'Gateway', address: 'gw.example.net', tasks: [{ options: { kind: 'icmp' } }] });
  await test.controller.fleet.createTarget(target, 'test');
};

/** One round an interval, each in its own batch, as an agent sends them. */
const measure = async (test: TestController, from: number, rounds: readonly (readonly number[])[]): Promise<void> => {
  for (const [index, rttsMs] of rounds.entries()) {
    const at = START + (from + index) * INTERVAL_MS;
    await test.clock.advance(at + INTERVAL_MS + 100 - test.clock.now());
    await test.batch('ams1', makeBatch([makeRound(from + index + 1, at, {}, rttsMs)], { lowest: 1, upTo: at + INTERVAL_MS }));
  }
};
const times = (count: number, rttsMs: readonly number[]): readonly (readonly number[])[] => Array.from({ length: count }, () => rttsMs);

t.test('alerts: loss that lasts is told to a webhook once, over a restart, and so is its end', async (t) => {
  await using receiver = await openReceiver();
  const disks = makeDisks();
  const first = await openTestController({ disks, deps: (deps) => ({ ...deps, send }) });
  await furnish(first, receiver.url);
  await measure(first, 0, [...times(2, TEN), ...times(7, [])]);
  await receiver.told(1);
  await first.stop();
  const { clock, signer } = first;
  const second = await openTestController({ disks, clock, signer, agents: [], deps: (deps) => ({ ...deps, send }) });
  await measure(second, 9, [...times(2, []), ...times(8, TEN)]);
  await receiver.told(2);
  await second.stop();

  t.match(receiver.got, [
    { status: 'firing', groupKey: 'high-loss/target:gw' },
    { status: 'resolved', groupKey: 'high-loss/target:gw' },
  ]);
  t.equal(new Set(receiver.got.map(({ idempotencyKey }) => idempotencyKey)).size, 2);
  t.match(disks.control.prepare('SELECT rule_id, cause, state FROM incidents').all(), [
    { rule_id: 'high-loss', cause: 'target:gw', state: 'resolved' },
  ]);
  t.match(disks.control.prepare('SELECT state, attempts FROM outbox').all(), [
    { state: 'delivered', attempts: 1 },
    { state: 'delivered', attempts: 1 },
  ]);
});
