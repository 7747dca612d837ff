import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import t from 'tap';
import { type ArrivalLog, openArrivalLog } from '../../../../controller/arrivals/log.ts';
import { parseBatch } from '../../../../controller/ingest/batch.ts';
import type { Batch } from '../../../../protocol/batch.ts';
import { encode } from '../../../../protocol/codec.ts';
import type { Db } from '../../../../protocol/database.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

const open = (db: Db, change: Partial<Parameters<typeof openArrivalLog>[1]> = {}): ArrivalLog =>
  openArrivalLog(db, {
    capBytes: 1e9,
    consumers: ['store', 'alerts'],
    startAfter: 0,
    parse(body) {
      const parsed = parseBatch(body);
      return parsed.ok ? parsed.value.batch : null;
    },
    ...change,
  });
const incoming = (agent: string, batch: Batch) => ({ agent, batch, body: encode(batch), held: null, refused: [] });
const batchOf = (sequences: readonly number[], change: Partial<Batch> = {}): Batch =>
  makeBatch(
    sequences.map((seq) => makeRound(seq, seq * 10_000)),
    { lowest: 1, ...change },
  );
const sequences = (log: ArrivalLog, after = 0): number[][] => log.read(after, 1e6).map(({ batch }) => batch.rounds.map(({ seq }) => seq));

t.test('arrivals: only what is new in a batch is read, from memory and from the file alike', async (t) => {
  const db = new DatabaseSync(':memory:');
  const log = open(db);
  log.append([incoming('a', batchOf([1, 2, 3]))], 1_000);
  t.same(log.append([incoming('a', batchOf([2, 3, 4])), incoming('b', batchOf([2]))], 2_000), [
    { taken: 1, duplicates: 2, held: 0 },
    { taken: 1, duplicates: 0, held: 0 },
  ]);

  const expected = [[1, 2, 3], [4], [2]];
  t.same(sequences(log), expected);
  const again = open(db);
  t.same(sequences(again), expected, 'after a restart');
  t.same(again.read(0, 1e6), log.read(0, 1e6));
  t.same(sequences(again, 2), [[2]]);
});

t.test('arrivals: a consumer reads at most what it asked for, and always something', async (t) => {
  const log = open(new DatabaseSync(':memory:'));
  for (const seq of [1, 3, 5]) log.append([incoming('a', batchOf([seq, seq + 1]))], 1);
  t.same(
    log.read(0, 4).map(({ position }) => position),
    [1, 2],
  );
  t.same(
    log.read(0, 1).map(({ position }) => position),
    [1],
  );
  t.same(log.read(3, 1), []);
});

t.test('arrivals: what all consumers have read is dropped, what one has not is kept, and the bytes come back', async (t) => {
  const db = new DatabaseSync(':memory:');
  const log = open(db);
  log.append([incoming('a', batchOf([1]))], 1);
  log.append([incoming('a', batchOf([2]))], 2);
  const kept = (): unknown =>
    db
      .prepare('SELECT position FROM batches')
      .all()
      .map((row) => row['position']);

  log.move('store', 2);
  log.tidy();
  t.same(kept(), [1, 2]);
  log.move('alerts', 1);
  log.tidy();
  t.same(kept(), [2]);
  log.move('alerts', 2);
  log.tidy();
  t.same(kept(), []);
  t.equal(log.bytes(), 0);
  t.equal(open(db).bytes(), 0);
});

t.test('arrivals: a cursor that was not written down is read again after a crash, and nothing is skipped', async (t) => {
  const db = new DatabaseSync(':memory:');
  const log = open(db);
  log.append([incoming('a', batchOf([1]))], 1);
  log.move('store', 1);
  log.append([incoming('a', batchOf([2]))], 2);
  log.move('store', 2);
  t.equal(open(db).position('store'), 1);
});

t.test('arrivals: a young file begins after what a consumer knows, and a position is never used twice', async (t) => {
  const db = new DatabaseSync(':memory:');
  const log = open(db, { startAfter: 500 });
  log.append([incoming('a', batchOf([1]))], 1);
  t.equal(log.last(), 501);
  for (const consumer of ['store', 'alerts']) log.move(consumer, 501);
  log.tidy();
  const again = open(db, { startAfter: 7 });
  again.append([incoming('a', batchOf([2]))], 1);
  t.equal(again.last(), 502);
});

t.test('arrivals: a file of a newer program is not touched', async (t) => {
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA user_version = 99');
  t.throws(() => open(db), /layout 99, this program knows 1/);
});

t.test('arrivals: a body that cannot be read any more is passed over', async (t) => {
  const db = new DatabaseSync(':memory:');
  const log = open(db);
  log.append([incoming('a', batchOf([1])), incoming('a', batchOf([2]))], 1);
  db.exec("UPDATE batches SET body = x'00ff' WHERE position = 1");
  t.same(sequences(open(db)), [[], [2]]);
});

t.test('arrivals: an agent in a crash loop leaves a bounded number of epochs, the newest', async (t) => {
  const db = new DatabaseSync(':memory:');
  const log = open(db);
  for (let i = 0; i < 2_100; i += 1) log.append([incoming('a', batchOf([1], { epoch: i.toString(16).padStart(16, '0') }))], 1_000 + i);
  log.pruneEpochs(10_000);
  t.equal(Number(db.prepare('SELECT count(*) AS n FROM sequences').get()?.['n']), 2_000);
  t.same(log.append([incoming('a', batchOf([1], { epoch: (2_099).toString(16).padStart(16, '0') }))], 10_000), [
    { taken: 0, duplicates: 1, held: 0 },
  ]);
  log.pruneEpochs(91 * 86_400_000);
  t.equal(Number(db.prepare('SELECT count(*) AS n FROM sequences').get()?.['n']), 0);
});

/** A Db that dies at its n-th statement: that one takes effect or not, and nothing after it does. */
const dyingDb = (db: DatabaseSync, statements: number, takesEffect: boolean): Db => {
  let left = statements;
  const step = <T>(work: () => T): T => {
    left -= 1;
    if (left > 0) return work();
    if (left === 0 && takesEffect) work();
    throw new Error('dead');
  };
  return {
    exec: (sql) => step(() => db.exec(sql)),
    close: () => {},
    prepare(sql) {
      const statement = db.prepare(sql);
      return {
        run: (...values) => step(() => statement.run(...values)),
        get: (...values) => step(() => statement.get(...values)),
        all: (...values) => step(() => statement.all(...values)),
      };
    },
  };
};

const delivery = fc.record({
  agent: fc.constantFrom('a', 'b'),
  from: fc.integer({ min: 1, max: 30 }),
  count: fc.integer({ min: 1, max: 8 }),
  epoch: fc.constantFrom('0'.repeat(16), 'f'.repeat(16)),
});
t.test(
  'arrivals: killed between any two statements, whatever is delivered again: each round is read exactly once, none that was committed is missing',
  async (t) => {
    fc.assert(
      fc.property(
        fc.array(delivery, { minLength: 1, maxLength: 25 }),
        fc.array(fc.tuple(fc.integer({ min: 25, max: 90 }), fc.boolean()), { maxLength: 6 }),
        (deliveries, deaths) => {
          const db = new DatabaseSync(':memory:');
          const committed = new Set<string>();
          const queue = [...deliveries];
          for (const [statements, takesEffect] of [...deaths, [1e9, true] as const]) {
            try {
              if (db.isTransaction) db.exec('ROLLBACK');
              const log = open(dyingDb(db, statements, takesEffect));
              for (let next = queue[0]; next !== undefined; next = queue[0]) {
                const { agent, from, count, epoch } = next;
                const numbers = Array.from({ length: count }, (_, i) => from + i);
                log.append([incoming(agent, batchOf(numbers, { epoch })), incoming(agent, batchOf(numbers.slice(1), { epoch }))], 1);
                for (const seq of numbers) committed.add(`${agent} ${epoch} ${seq}`);
                queue.shift();
              }
            } catch (error) {
              if (!(error instanceof Error && error.message === 'dead')) throw error;
            }
          }
          const read = open(db)
            .read(0, 1e6)
            .flatMap(({ agent, batch }) => batch.rounds.map(({ seq }) => `${agent} ${batch.epoch} ${seq}`));
          return read.length === new Set(read).size && read.length === committed.size && read.every((round) => committed.has(round));
        },
      ),
      { numRuns: 150 },
    );
    t.pass();
  },
);
