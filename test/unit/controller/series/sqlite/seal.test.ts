// What the log holds goes to chunks a piece with each write; cut off after any write, nothing is lost and nothing comes twice.
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openSqliteStore } from '../../../../../controller/series/sqlite/store.ts';
import type { Point, SeriesStore } from '../../../../../controller/series/store.ts';
import { makeChance } from '../../../../bench/heavy-rounds.ts';

const AGENTS = 120;
const ROWS_A_WRITE = 1_000;
const WRITES = 260;
const START = 1_799_971_200_000;
const LATE = 7;

const agentOf = (n: number): string => `a${n % AGENTS}`;
const pointAt = (n: number, value: number): Point => ({
  measurement: 'ping',
  tags: { agent: agentOf(n), task: 'gw/icmp' },
  at: START + Math.floor(n / AGENTS) * 1_000,
  fields: { average_response_ms: value },
});

const valuesOf = async (store: SeriesStore, agent: string): Promise<readonly (readonly [number, unknown])[]> => {
  const [series] = await store.query({
    measurement: 'ping',
    tags: { agent: [agent] },
    fields: [{ field: 'average_response_ms', aggregate: 'last' }],
    from: START,
    to: START + 1e9,
  });
  return (series?.rows ?? []).map(([at, value]) => [at, value] as const);
};

t.test('sealing: a piece with each write; every question is answered the same before, in between, and after a cut', async (t) => {
  const db = new DatabaseSync(':memory:');
  const chance = makeChance(7);
  const count = (table: string): number => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  const expected = new Map<string, Map<number, number>>();
  let store = openSqliteStore(db);
  let inBoth = 0;
  for (let write = 0; write < WRITES; write += 1) {
    const numbers = Array.from({ length: ROWS_A_WRITE }, (_, i) => write * ROWS_A_WRITE + i);
    // Some come late, once more with another value: of what is sealed already, or just being sealed.
    for (let i = 0; i < LATE && write > 0; i += 1) numbers.push(Math.floor(chance() * write * ROWS_A_WRITE));
    const points = numbers.map((n) => pointAt(n, Math.floor(chance() * 1e6) / 1e3));
    await store.write(points);
    for (const { tags, at, fields } of points) {
      const own = expected.get(tags['agent'] ?? '') ?? new Map<number, number>();
      expected.set(tags['agent'] ?? '', own);
      own.set(at, Number(fields['average_response_ms']));
    }
    if (count('log') > 0 && count('chunks') > 0) inBoth += 1;
    if (write % 4 > 0) continue;
    if (write % 52 === 0) store = openSqliteStore(db); // as after kill -9: only what is in the file is known
    const agent = agentOf(Math.floor(chance() * AGENTS));
    const wanted = [...(expected.get(agent) ?? [])].sort(([a], [b]) => a - b);
    if (JSON.stringify(await valuesOf(store, agent)) !== JSON.stringify(wanted)) return t.fail(`${agent} is wrong after write ${write}`);
  }
  t.ok(inBoth > 20, `${inBoth} writes ended in the middle of a sealing`);
  const largest = Number(db.prepare('SELECT max(id) - min(id) + 1 AS n FROM log').get()?.['n']);
  t.ok(largest < 150, `${largest} writes are left in the log`);
  for (const [agent, own] of expected) {
    const wanted = [...own].sort(([a], [b]) => a - b);
    if (JSON.stringify(await valuesOf(store, agent)) !== JSON.stringify(wanted)) return t.fail(`${agent} is wrong at the end`);
  }
  db.close();
});
