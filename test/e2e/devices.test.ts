import t from 'tap';
import { bundleWeb } from '../../controller/web/build.ts';
import { openTestApi } from '../helpers/api.ts';
import { makeBatch, makeRound } from '../helpers/rounds.ts';
import { portSample, snmpSample } from '../helpers/snmp-sample.ts';
import { findChromium, inkOf, launch, openPage, seriousFaults } from './browser.ts';

const chromium = findChromium();

t.test(
  'devices in the browser: added, polled, its ports and one port',
  { skip: chromium === undefined && 'no Chromium here' },
  async (t) => {
    const bundle = await bundleWeb();
    const api = await openTestApi({}, { pages: new Map([...bundle].map(([path, file]) => [path.replace(/^\//, ''), file])) });
    const cookie = await api.signInAs('operator');
    const origin = await api.app.listen({ host: '127.0.0.1', port: 0 });
    const browser = await launch(chromium ?? '');
    t.teardown(async () => {
      await browser.close();
      await api.stop();
    });
    const { page, faults } = await openPage(browser, origin);
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: origin }]);

    await page.goto(`${origin}/devices`);
    await page.getByText('No devices yet').waitFor();
    await page.getByRole('link', { name: 'Add device' }).first().click();
    await page.getByLabel('Address').fill('192.0.2.7');
    await page.getByLabel('Name').fill('Switch 1');
    await page.getByRole('button', { name: 'Save device' }).click();
    await page.getByText('The device asks for a community.').waitFor();
    await page.getByLabel('Community').fill('a-secret-of-the-browser');
    await page.getByRole('button', { name: 'Save device' }).click();
    await page.getByText('No port has been read yet').waitFor();

    const device = '192.0.2.7';
    const now = Math.floor(api.test.clock.now());
    const polls = [0, 1, 2].map((i) => {
      const ports = [portSample('gi0-1', { alias: 'uplink' }), portSample('gi0-2', { index: 2 + i, oper: 2 })];
      return makeRound(i + 1, now - 200_000 + i * 60_000, {
        task: `${device}/snmp`,
        intervalMs: 60_000,
        durationMs: 500,
        outcome: { status: 'sampled', sample: snmpSample({ ports }) },
      });
    });
    await api.test.batch('ams1', makeBatch(polls));
    await api.test.clock.advance(1_000);
    await page.reload();
    await page.getByRole('link', { name: 'gi0-1' }).waitFor();
    await page.getByText('port gi0-2: ifIndex 3 is 4').waitFor();
    t.same(await seriousFaults(page), [], 'nothing keeps people out');
    t.notOk((await page.content()).includes('a-secret-of-the-browser'));

    await page.goto(
      `${origin}/devices/${device}/ports/gi0-1?from=${new Date(now - 900_000).toISOString()}&to=${new Date(now).toISOString()}`,
    );
    await page.locator('canvas').first().waitFor();
    await page.getByText('95th percentile', { exact: true }).waitFor();
    await page.waitForTimeout(300);
    const { pixels, colours } = await inkOf(page);
    t.ok(pixels > 500 && colours > 2, `${pixels} pixels in ${colours} colours`);
    await page.locator('.smoke-canvas').first().hover();
    await page.locator('.readout').getByText('in', { exact: true }).waitFor();
    t.same(await seriousFaults(page), []);
    t.same(faults, [], 'no script failed, nothing was refused, nobody else was asked');
  },
);
