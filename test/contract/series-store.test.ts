import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { SERIES_STORES } from '../../controller/series/index.ts';
import { openSqliteStore } from '../../controller/series/sqlite/store.ts';
import { describeSeriesStore } from './series-store.ts';

describeSeriesStore('sqlite in process', async () => openSqliteStore(new DatabaseSync(':memory:')));

const directory = await mkdtemp(join(tmpdir(), 'sonde-series-'));
t.teardown(() => rm(directory, { recursive: true }));
let files = 0;
describeSeriesStore('sqlite in a worker', () => SERIES_STORES.sqlite({ path: join(directory, `${files++}.db`) }));

t.test('sqlite in a worker: a file that cannot be opened is told at once', async (t) => {
  await t.rejects(SERIES_STORES.sqlite({ path: join(directory, 'no', 'such', 'folder.db') }), /series store/);
});

t.test('sqlite in a worker: finds again what was written before it was closed', async (t) => {
  const path = join(directory, 'again.db');
  const first = await SERIES_STORES.sqlite({ path });
  await first.write([{ measurement: 'ping', tags: { agent: 'a' }, at: 7, fields: { ttl: 64 } }]);
  await first[Symbol.asyncDispose]();
  await using second = await SERIES_STORES.sqlite({ path });
  t.same(
    (await second.latest('ping', {})).map(({ at, fields }) => [at, fields]),
    [[7, { ttl: 64 }]],
  );
  await t.rejects(first.write([]), /closed/);
});
