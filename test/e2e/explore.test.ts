import t from 'tap';
import { openApiServer } from '../../controller/api/server.ts';
import { InfluxSettings } from '../../controller/series/influx/settings.ts';
import { pointOf } from '../../controller/series/schema.ts';
import { bundleWeb } from '../../controller/web/build.ts';
import { makeSettings, openTestApi, PASSWORD } from '../helpers/api.ts';
import { influxdMissing, startInfluxd } from '../helpers/influxd.ts';
import { makeBatch, makeRound } from '../helpers/rounds.ts';
import { findChromium, inkOf, launch, openPage, seriousFaults } from './browser.ts';

const executable = findChromium();
const MINUTE = 60_000;

t.test(
  'explore: a question is built, drawn, listed and taken away; a token is shown once and revoked',
  { skip: executable === undefined ? 'chromium is not installed: apt-get install chromium' : false, timeout: 180_000 },
  async (t) => {
    const api = await openTestApi({ agents: ['ams1', 'fra1'] });
    const start = Math.floor(api.test.clock.now() / 3_600_000) * 3_600_000 - 3_600_000;
    for (const [n, agent] of ['ams1', 'fra1'].entries()) {
      const rtts = (i: number): number[] => Array.from({ length: 10 }, (_, k) => 10 + 5 * n + 3 * Math.sin(i / 6) + k / 4);
      await api.test.batch(
        agent,
        makeBatch(Array.from({ length: 60 }, (_, i) => makeRound(i + 1, start + i * MINUTE, { durationMs: 9_000 }, rtts(i)))),
      );
    }
    await api.signInAs('admin');
    const aborting = new AbortController();
    const pages = new Map([...(await bundleWeb())].map(([path, file]) => [path.replace(/^\//, ''), file]));
    const server = await openApiServer({ ...api.deps, pages, settings: makeSettings() }, aborting.signal);
    await using browser = await launch(executable ?? '');
    const { page, faults } = await openPage(browser, server.origin, { permissions: ['clipboard-read', 'clipboard-write'] });
    const shoot = async (name: string): Promise<void> => {
      const folder = process.env['SONDE_SHOTS'];
      if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
    };
    const copied = async (label: string): Promise<string> => {
      await page.getByLabel(label).click();
      return page.evaluate<string>('navigator.clipboard.readText()');
    };

    await page.goto(`${server.origin}/`);
    await page.getByLabel('Login').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Explore' }).waitFor();
    const times = `from=${new Date(start).toISOString()}&to=${new Date(start + 3_600_000).toISOString()}&tz=utc`;
    await page.goto(`${server.origin}/explore?${times}`);
    await page.getByText('2 series, a value each').waitFor();
    const ink = await inkOf(page);
    t.ok(ink.pixels > 500 && ink.colours > 5, `lines are drawn: ${ink.pixels} pixels in ${ink.colours} colours`);
    t.same(await seriousFaults(page), [], 'axe finds nothing serious');
    await shoot('explore-dark');

    await page.getByLabel('Add a value').selectOption('loss_ratio');
    await page.getByLabel('Add a tag').selectOption({ index: 1 });
    await page.getByText('rtt_median_ms, loss_ratio').first().waitFor();
    t.match(page.url(), /s=rtt_median_ms%2Closs_ratio/, 'the question is in the URL');
    await page.getByLabel('Interval').selectOption('15m');
    await page.getByText('4 rows').waitFor();

    t.match(
      await copied('Copy as curl'),
      /^curl -H "Authorization: Bearer \$SONDE_TOKEN" 'http:\/\/127\.0\.0\.1:\d+\/api\/v1\/query\?measurement=ping&select=rtt_median_ms/,
    );
    t.match(
      await copied('Copy as InfluxQL'),
      /^SELECT mean\("percentile50_ms"\) AS "rtt_median_ms", sum\("lost"\) .* FROM "ping" WHERE time >= \d+ms .* "agent" = 'ams1' GROUP BY time\(15m\), \*$/,
    );
    t.match(JSON.parse(await copied('Copy as Grafana panel')), { type: 'timeseries', targets: [{ rawQuery: true }] });
    const csv = await page.evaluate<string>(`fetch(document.querySelector('a[download]').href).then((answer) => answer.text())`);
    t.match(csv, /^time,agent,.*rtt_median_ms,loss_ratio\r\n/);

    // A counter with a hole, and a text.
    const counters = [0, 1, 2, 3, 4, 5, 20, 21, 22, 23, 40].map((i) => ({
      measurement: 'net',
      tags: { host: 'ams1', interface: 'eth0' },
      at: start + i * MINUTE,
      fields: { bytes_recv: 7_195_729_919 + i * 61_003, txt: `n${i}` },
    }));
    await api.deps.storage.store.write(counters);
    await page.goto(`${server.origin}/explore?${times}&m=net&s=last(bytes_recv)&i=1m`);
    await page.getByRole('cell', { name: '7,195,729,919' }).waitFor();
    await page.getByText('1 series, a value each 60 s').waitFor();
    t.match(JSON.parse(await copied('Copy as Grafana panel')).targets[0], { alias: '$tag_interface $tag_host $col' });
    await shoot('explore-counter-dark');
    await page.setViewportSize({ width: 360, height: 740 });
    const value = await page.getByRole('cell', { name: '7,195,729,919' }).boundingBox();
    t.ok((value?.x ?? 0) + (value?.width ?? 999) <= 360, `a value is whole on a phone: ${JSON.stringify(value)}`);
    await shoot('explore-counter-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(`${server.origin}/explore?${times}&m=net&s=rate(bytes_recv)&i=1m`);
    await page.getByRole('cell', { name: '1,016.72' }).first().waitFor();
    await shoot('explore-rate-dark');
    await page.goto(`${server.origin}/explore?${times}&m=net&s=txt&i=1m`);
    await page.getByRole('cell', { name: 'n23', exact: true }).waitFor();
    await page.getByText('No numbers to draw').waitFor();
    await page.goto(`${server.origin}/explore?${times}&m=net&s=mean(txt)&i=1m`);
    await page.getByText('of a text there is last(txt) and count(txt)').waitFor();
    await page.goto(`${server.origin}/explore?${times}&s=p73(rtt_sketch)`);
    await page.getByText('percentile73_ms is not stored').waitFor();

    await page.goto(`${server.origin}/explore?${times}&tags=agent:nobody`);
    await page.getByText('Nothing in this range').waitFor();
    await page.goto(`${server.origin}/explore?${times}&s=avg(rtt)`);
    await page.getByText('there is no aggregate "avg"').waitFor();

    if (influxdMissing === false) {
      await using influxd = await startInfluxd();
      await api.deps.storage.useInflux(InfluxSettings.parse({ url: influxd.url }));
      await api.deps.storage.store.write([pointOf('raw1', makeRound(1, start + 60_000), {})]);
      await page.goto(`${server.origin}/explore?${times}`);
      const raw = page.getByLabel('Question', { exact: true });
      t.match(
        await raw.inputValue(),
        /^SELECT mean\("percentile50_ms"\) .* WHERE \$timeFilter GROUP BY time\(10s\), \*$/,
        'begins with the form',
      );
      await raw.fill('SELECT "packets_transmitted" FROM "ping" WHERE $timeFilter AND "agent" = \'raw1\' GROUP BY "agent"');
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.getByText('1 row').first().waitFor();
      t.match(page.url(), /q=SELECT/, 'the question is in the URL');
      await shoot('explore-influxql-dark');
      t.same(await seriousFaults(page), [], 'axe finds nothing serious');
      await raw.fill('SHOW MEASUREMENTS');
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.getByRole('cell', { name: 'ping' }).waitFor();
      await page.goto(`${server.origin}/store`);
      await page.getByRole('cell', { name: 'each round' }).waitFor();
      await shoot('store-dark');
      t.same(await seriousFaults(page), [], 'axe finds nothing serious');
      await api.deps.storage.useEmbedded();
    }

    await page.goto(`${server.origin}/api-tokens`);
    await page.getByText('No token yet').waitFor();
    await page.getByLabel('Name').fill('Grafana');
    await page.getByRole('button', { name: 'Make token' }).click();
    const token = await page.locator('.command').first().textContent();
    t.match(token, /^sonde_[0-9a-f]{64}/);
    const ask = (): Promise<number> =>
      fetch(`${server.origin}/api/v1/series`, { headers: { authorization: `Bearer ${token?.slice(0, 70) ?? ''}` } }).then(
        ({ status }) => status,
      );
    t.equal(await ask(), 200);
    await page.locator('td', { hasText: 'Grafana' }).waitFor();
    t.same(await seriousFaults(page), [], 'axe finds nothing serious');
    await shoot('api-tokens-dark');
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('revoked', { exact: true }).waitFor();
    t.equal(await ask(), 401);

    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ['api-tokens', `explore?${times}`]) {
      await page.goto(`${server.origin}/${path}`);
      await page.locator('.panel').first().waitFor();
      await page.waitForLoadState('networkidle');
      t.ok(await page.evaluate<boolean>('document.documentElement.scrollWidth <= 360'), `${path} fits a phone`);
      await shoot(`${path.split('?')[0] ?? ''}-phone`);
    }
    t.same(faults, [], 'no script error, nothing refused, nothing from elsewhere');
    aborting.abort(new Error('done'));
    await server[Symbol.asyncDispose]();
    await api.stop();
  },
);
