import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openSqliteStore } from '../../../controller/series/sqlite/store.ts';
import { pointOf, START } from './series-writer.ts';

const KILLS = 10;
const HOUR = 3_600_000;

t.test(
  'kill -9 while the store writes, seals, sorts and rolls up: every committed point is there, once, and the roll-ups are those of the points',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-series-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const path = join(directory, 'series.db');
    let committed = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'series-writer.ts'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let commits = 0;
      let said = '';
      const enough = 5 + Math.floor(Math.random() * 60);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        commits += text.split('\n').length - 1;
        if (commits >= enough) child.kill('SIGKILL');
      });
      await once(child, 'close');
      t.equal(child.signalCode, 'SIGKILL');
      committed = Math.max(committed, Number(said.split('\n').at(-2) ?? 0));
    }

    const db = new DatabaseSync(path);
    t.same(db.prepare('PRAGMA integrity_check').get(), { integrity_check: 'ok' });
    const store = openSqliteStore(db);
    const { points } = await store.scan({ from: 0, to: 1e15, after: null, limit: 1e9 });
    const found = points.map(({ fields }) => Number(fields['average_response_ms'])).sort((a, b) => a - b);
    t.same(
      found,
      Array.from({ length: found.length }, (_, i) => i + 1),
      'no gap, no double',
    );
    t.ok(found.length >= committed, 'nothing that was committed is missing');
    t.same(points.toSorted((a, b) => a.at - b.at).at(-1), pointOf(found.length));

    const now = START + found.length * 30_000 + 5 * 24 * HOUR;
    for (const at of [now, now + 600_000])
      while ((await store.maintain({ now: at, retention: { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 } })).more);
    const fields = [{ field: 'lost', aggregate: 'sum' as const }];
    const hourly = await store.query({ measurement: 'ping', tags: {}, fields, from: 0, to: 1e15, bucketMs: HOUR });
    const sums = new Map<string, number>();
    for (const { tags, at, fields: own } of points) {
      const key = `${tags['agent']} ${Math.floor(at / HOUR) * HOUR}`;
      sums.set(key, (sums.get(key) ?? 0) + Number(own['lost']));
    }
    t.same(new Map(hourly.flatMap(({ tags, rows }) => rows.map(([at, sum]) => [`${tags['agent']} ${at}`, sum]))), sums);
    t.equal((await store.usage()).windowsWaiting, 0);
    t.ok(Number(db.prepare('SELECT count(*) AS n FROM chunks WHERE tier = 3').get()?.['n']) > 0, 'there are roll-ups');
    t.comment(`${KILLS} kills, ${found.length} points`);
    db.close();
  },
);
