// Writes points until it is killed, with the store's own work in between, in a time that runs fast; says the highest number after each commit.
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteStore } from '../../../controller/series/sqlite/store.ts';
import type { Point } from '../../../controller/series/store.ts';
import { encodeSketch, makeSketch } from '../../../protocol/sketch.ts';
import { systemRandom } from '../../../protocol/random.ts';

export const START = 500_000 * 3_600_000;
const FOR_EVER = { raw: 1e13, '1m': 1e13, '5m': 1e13, '1h': 1e13 };

/** Point n: half a minute after the one before, for two series in turn. */
export const pointOf = (n: number): Point => ({
  measurement: 'ping',
  tags: { agent: `a${n % 2}`, task: 'gw/icmp' },
  at: START + n * 30_000,
  fields: { lost: n % 7, average_response_ms: n, rtt_sketch: encodeSketch(makeSketch([1 + (n % 50)])) },
});

const [path = ''] = process.argv.slice(2);
if (path !== '') {
  const store = openSqliteStore(new DatabaseSync(path));
  let n = Math.max(
    0,
    ...(await store.latest('ping', {}, ['average_response_ms'])).map(({ fields }) => Number(fields['average_response_ms'])),
  );
  for (;;) {
    const count = 1 + Math.floor(systemRandom.fraction() * 40);
    const late = n > 500 ? [pointOf(n - 400)] : [];
    await store.write([...Array.from({ length: count }, (_, i) => pointOf(n + 1 + i)), ...late]);
    n += count;
    writeSync(1, `${n}\n`);
    while ((await store.maintain({ now: START + n * 30_000, retention: FOR_EVER })).more);
  }
}
