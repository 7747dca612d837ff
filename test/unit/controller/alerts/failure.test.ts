import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openAlerts } from '../../../../controller/alerts/alerts.ts';
import { openState } from '../../../../controller/state/database.ts';
import type { Db, Statement } from '../../../../protocol/database.ts';
import { silentLog } from '../../../../protocol/log.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { makeManualClock } from '../../../helpers/manual-clock.ts';
import { makeBatch, makeRound, TEN } from '../../../helpers/rounds.ts';

const START = 1_800_000_000_000;

/** A database that fails at one statement, counted from the moment it is armed. */
const openBrittle = () => {
  const db = new DatabaseSync(':memory:');
  let left = Number.POSITIVE_INFINITY;
  const count = <T>(work: () => T): T => {
    if (--left === 0) throw new Error('disk I/O error');
    return work();
  };
  const brittle: Db = {
    exec: (sql) => (sql === 'ROLLBACK' ? db.exec(sql) : count(() => db.exec(sql))),
    close: () => db.close(),
    prepare: (sql) => {
      const statement = db.prepare(sql) as unknown as Statement; // Border: node:sqlite's own types.
      return {
        run: (...values) => count(() => statement.run(...values)),
        get: (...values) => count(() => statement.get(...values)),
        all: (...values) => count(() => statement.all(...values)),
      };
    },
  };
  return { db: brittle, failAt: (statement: number) => void (left = statement) };
};

const furnish = async (state: ReturnType<typeof openState>): Promise<void> => {
  const agent = { id: 'ams1', hostname: 'h', labels: '{}', state: 'active' as const, key_hash: '', sealing_key: '', enrolled_at: 1 };
  await state
    .insertInto('agents')
    .values({ ...agent, status: null, online: 1, seen_at: 1, config_report: null })
    .execute();
  await state.insertInto('presence').values({ agent_id: 'ams1', from_at: 1, state: 'online' }).execute();
  const document = JSON.stringify({ id: 'gw', name: 'gw', address: '192.0.2.1', tasks: [{ options: { kind: 'icmp' } }] });
  await state.insertInto('targets').values({ id: 'gw', document, created_at: 1, updated_at: 1 }).execute();
};

/** Two good rounds, then loss; the statement `failAt` of the arrival that opens the incident fails, and the arrival is delivered again. */
const incidentsWhenFailingAt = async (failAt: number): Promise<{ readonly failed: boolean; readonly incidents: readonly unknown[] }> => {
  const { db, failAt: arm } = openBrittle();
  const state = openState(db);
  await furnish(state);
  const clock = makeManualClock(START);
  const alerts = await openAlerts({ state, clock, random: systemRandom, log: silentLog });
  let failed = false;
  for (let index = 0; index < 10; index += 1) {
    const at = START + index * 10_000;
    const round = makeRound(index + 1, at, {}, index < 2 ? TEN : []);
    const batch = makeBatch([round], { lowest: 1, upTo: at + 10_000 });
    const arrivals = [{ position: index + 1, arrivedAt: at + 10_100, agent: 'ams1', batch }];
    if (index === 8) arm(failAt);
    await alerts.consume(arrivals).catch(async () => {
      failed = true;
      await alerts.consume(arrivals);
    });
    arm(Number.POSITIVE_INFINITY);
  }
  const incidents = await state.selectFrom('incidents').select(['cause', 'opened_at', 'state']).execute();
  return { failed, incidents: [...incidents, await alerts.position()] };
};

t.test('alerts: whichever statement fails, nothing is half done, and the same arrival again gives the same incident', async (t) => {
  const { incidents: expected } = await incidentsWhenFailingAt(Number.POSITIVE_INFINITY);
  t.match(expected, [{ cause: 'target:gw', opened_at: START + 90_000, state: 'firing' }, 10]);
  let statement = 1;
  for (; statement < 100; statement += 1) {
    const { failed, incidents } = await incidentsWhenFailingAt(statement);
    if (!failed) break;
    t.strictSame(incidents, expected, `statement ${statement} fails`);
  }
  t.ok(statement > 10 && statement < 100, `${statement - 1} statements were made to fail`);
});
