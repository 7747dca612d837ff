import t from 'tap';
import { bundleWeb } from '../../controller/web/build.ts';
import { openTestApi } from '../helpers/api.ts';
import { findChromium, launch, openPage, seriousFaults } from './browser.ts';

const chromium = findChromium();
const module = (name: string, imports: string, body: string): string =>
  `${name} DEFINITIONS ::= BEGIN\nIMPORTS MODULE-IDENTITY, OBJECT-TYPE, Integer32, enterprises FROM SNMPv2-SMI ${imports};\n${body}\nEND\n`;
const identity = 'LAST-UPDATED "202601010000Z" ORGANIZATION "x" CONTACT-INFO "x" DESCRIPTION "x"';
const base = module('ACME-SMI', '', `acme MODULE-IDENTITY ${identity} ::= { enterprises 99999 }`);
const fan = module(
  'ACME-FAN-MIB',
  'acme FROM ACME-SMI',
  'acmeFanSpeed OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current DESCRIPTION "rpm" ::= { acme 7 }',
);

t.test(
  'MIB modules in the browser: uploaded, used by a device, removed; and what agents look at on their machines',
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
    const file = (title: string, text: string) => ({ name: title, mimeType: 'text/plain', buffer: Buffer.from(text) });

    await page.goto(`${origin}/devices`);
    await page.getByRole('link', { name: 'MIB modules' }).click();
    await page
      .getByLabel('MIB files')
      .setInputFiles([
        file('fan.mib', fan),
        file('smi.mib', base),
        file('broken.mib', fan.replace('{ acme 7 }', '{ nobody 7 }').replace('ACME-FAN-MIB', 'ACME-ODD-MIB')),
      ]);
    await page.getByText('line 3: acmeFanSpeed lies below nobody, which is neither defined nor imported here').waitFor();
    await page.getByRole('button', { name: 'Remove ACME-FAN-MIB' }).waitFor();
    t.same(await seriousFaults(page), []);
    await page.getByRole('button', { name: 'Remove ACME-SMI' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('ACME-FAN-MIB imports from ACME-SMI: remove that first').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();

    await page.goto(`${origin}/devices/new`);
    await page.getByLabel('Address').fill('192.0.2.8');
    await page.getByLabel('Community').fill('hush-hush');
    await page.getByLabel('Those that fit the device').uncheck({ force: true });
    await page.getByLabel('BGP4 peers').check({ force: true });
    await page.getByRole('button', { name: 'Add scalar' }).click();
    await page.getByLabel('Name of scalar 1').fill('fan');
    await page.getByLabel('OID of scalar 1').fill('ACME-FAN-MIB::acmeFanSpeed');
    await page.getByRole('button', { name: 'Add table' }).click();
    await page.getByLabel('Name of table 1').fill('acmePort');
    await page.getByLabel('Name of column 1 of table 1').fill('mtu');
    await page.getByLabel('OID of column 1 of table 1').fill('IF-MIB::ifMtu');
    t.same(await seriousFaults(page), []);
    await page.getByRole('button', { name: 'Save device' }).click();
    await page.getByText('No port has been read yet').waitFor();
    const [row] = await api.test.state.selectFrom('devices').select('document').execute();
    t.match(JSON.parse(row?.document ?? '{}'), {
      templates: ['bgp4'],
      scalars: [{ name: 'fan', oid: '1.3.6.1.4.1.99999.7.0' }],
      tables: [{ name: 'acmePort', columns: [{ name: 'mtu', oid: '1.3.6.1.2.1.2.2.1.4', as: 'field' }] }],
    });

    await page.goto(`${origin}/fleet`);
    await page.getByRole('link', { name: 'Own machines' }).click();
    await page.getByLabel('Every', { exact: true }).fill('5 s');
    await page.getByLabel('But not these interfaces').fill('veth* docker*');
    await page.getByRole('button', { name: 'Save change' }).click();
    await page.getByText(/^Saved;/).waitFor();
    t.match((await api.ask('GET', '/api/v1/machine-settings', undefined, cookie)).json, {
      net: { intervalMs: 5_000, notNames: ['veth*', 'docker*'] },
    });
    t.same(await seriousFaults(page), []);
    t.same(faults, [], 'no script failed, nothing was refused, nobody else was asked');
  },
);
