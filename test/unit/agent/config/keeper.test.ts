import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { ConfigKeeper } from '../../../../agent/config/keeper.ts';
import { LastGood } from '../../../../agent/config/last-good.ts';
import type { Db } from '../../../../protocol/database.ts';
import { silentLog } from '../../../../protocol/log.ts';
import type { Task } from '../../../../protocol/task.ts';
import { makeRoot } from '../../../helpers/agent.ts';

const MINUTE = 60_000;
const task = (id: string): object => ({
  id: `${id}/icmp`,
  target: { id, address: '192.0.2.1', family: 'any' },
  intervalMs: 10_000,
  options: { kind: 'icmp' },
});

const open = (db: Db = new DatabaseSync(':memory:'), signer = makeRoot()) => {
  const message = (body: object): Uint8Array => signer.sign(body);
  const rootKey = signer.rootKey;
  const running: string[][] = [];
  const apply = (tasks: readonly Task[]) => {
    running.push(tasks.map(({ id }) => id));
    return { started: tasks.length, stopped: 0 };
  };
  const keeper = new ConfigKeeper({ agentId: 'ams1', rootKey }, new LastGood(db), apply, silentLog, 0);
  return {
    db,
    signer,
    keeper,
    running,
    config: (revision: number, ...ids: string[]) =>
      message({ kind: 'config', agent: 'ams1', generation: signer.generation, revision, tasks: ids.map(task) }),
    latest: (revision: number, at: number) => message({ kind: 'latest', agent: 'ams1', generation: signer.generation, revision, at }),
  };
};

t.test('what was applied last runs again after a restart, without a controller', async (t) => {
  const first = open();
  t.equal(first.keeper.offer(first.config(1, 'gw', 'dns')).result, 'applied');

  const second = open(first.db, first.signer);
  second.keeper.resume();

  t.same(second.running, [['gw/icmp', 'dns/icmp']]);
  t.same(second.keeper.applied, { generation: 1, revision: 1 });
});

t.test('a rejected configuration changes nothing and is reported with its reason', async (t) => {
  const { keeper, running, config } = open();
  keeper.offer(config(5, 'gw'));
  const older = keeper.offer(config(4, 'dns'));

  t.match(older, { result: 'rejected', reason: 'revision-went-back', generation: 1, revision: 4 });
  t.match(keeper.offer(Buffer.from('{"v":1}')), { result: 'rejected', reason: 'not-decodable' });
  t.same(running, [['gw/icmp']]);
});

t.test('a configuration that cannot be kept on disk is not applied', async (t) => {
  const { db, keeper, running, config } = open();
  keeper.offer(config(1, 'gw'));
  db.exec('PRAGMA query_only = 1');

  t.match(keeper.offer(config(2, 'dns')), { result: 'rejected', reason: 'cannot-be-kept-on-disk' });
  t.same(running, [['gw/icmp']]);
});

t.test('after a higher generation was seen an older one is refused, also after a restart', async (t) => {
  const first = open();
  const old = first.config(9, 'gw');
  first.signer.generation += 1;
  first.keeper.offer(first.config(1, 'dns'));

  t.match(open(first.db, first.signer).keeper.offer(old), { reason: 'generation-went-back' });
});

t.test('a date that has not risen for a quarter of an hour means that the configuration may be stale', async (t) => {
  const { keeper, config, latest } = open();
  keeper.offer(config(1, 'gw'));
  t.notOk(keeper.mayBeStale(14 * MINUTE, 15 * MINUTE));
  t.ok(keeper.mayBeStale(16 * MINUTE, 15 * MINUTE));

  keeper.latest(latest(1, 1_000), 20 * MINUTE);
  t.notOk(keeper.mayBeStale(30 * MINUTE, 15 * MINUTE));
  keeper.latest(latest(1, 1_000), 34 * MINUTE);
  t.ok(keeper.mayBeStale(36 * MINUTE, 15 * MINUTE), 'the same date again is no news');
});

t.test('an old date that a broker plays again after a restart is no news either', async (t) => {
  const first = open();
  first.keeper.offer(first.config(1, 'gw'));
  first.keeper.latest(first.latest(1, 5_000), MINUTE);

  const { keeper, latest } = open(first.db, first.signer);
  keeper.latest(latest(1, 5_000), 10 * MINUTE);

  t.ok(keeper.mayBeStale(16 * MINUTE, 15 * MINUTE));
});

t.test('a newer revision that was named and does not come means that ours may be stale', async (t) => {
  const { keeper, config, latest } = open();
  keeper.offer(config(1, 'gw'));
  for (let minute = 1; minute <= 4; minute += 1) keeper.latest(latest(2, minute), minute * MINUTE);

  t.notOk(keeper.mayBeStale(1.5 * MINUTE, 15 * MINUTE));
  t.ok(keeper.mayBeStale(4 * MINUTE, 15 * MINUTE));
  keeper.offer(config(2, 'gw'));
  t.notOk(keeper.mayBeStale(4 * MINUTE, 15 * MINUTE));
});
