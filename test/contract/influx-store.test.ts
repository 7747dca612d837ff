import t from 'tap';
import { openInfluxStore } from '../../controller/series/influx/store.ts';
import { InfluxSettings } from '../../controller/series/influx/settings.ts';
import { systemClock } from '../../protocol/time.ts';
import { influxdMissing, startInfluxd } from '../helpers/influxd.ts';
import { describeSeriesStore } from './series-store.ts';

// The suite of the embedded store on Debian's InfluxDB 1.6, each time in a database of its own.

t.setTimeout(120_000);
if (influxdMissing !== false) t.test('influx 1.6', { skip: influxdMissing }, async () => {});
else {
  const influxd = await startInfluxd();
  t.teardown(() => influxd[Symbol.asyncDispose]());
  let databases = 0;
  describeSeriesStore('influx 1.6', async () =>
    openInfluxStore(InfluxSettings.parse({ url: influxd.url, database: `contract${databases++}` }), { clock: systemClock }),
  );
}
