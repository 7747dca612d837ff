import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_LIMITS_FILE, readGuardRails, watchGuardRails } from '../../../../agent/config/guard-rails.ts';
import { Limits } from '../../../../agent/config/limits.ts';
import { makeManualClock } from '../../../helpers/manual-clock.ts';

const uid = process.getuid?.() ?? 0;
const directory = mkdtempSync(join(tmpdir(), 'sonde-limits-'));
t.teardown(() => rmSync(directory, { recursive: true }));
let files = 0;
const file = (text: string, mode = 0o644): string => {
  const path = join(directory, `${++files}.yaml`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

t.test('the file that register writes says what the schema has as its defaults', async (t) => {
  t.same(await readGuardRails(file(DEFAULT_LIMITS_FILE), uid), { ok: true, limits: Limits.parse({}) });
});

const refused: readonly (readonly [what: string, path: () => string, reason: RegExp, fix: RegExp])[] = [
  ['a missing file', () => join(directory, 'none.yaml'), /is missing/, /^npm run --silent agent -- limits > .*none\.yaml/],
  ['a file that its group may write', () => file(DEFAULT_LIMITS_FILE, 0o664), /may be written by others \(mode 664\)/, /^chmod go-w /],
  ['a file that everybody may write', () => file(DEFAULT_LIMITS_FILE, 0o646), /may be written by others/, /^chmod go-w /],
  ['a file that is not YAML', () => file('a: [1'), /not YAML|expected object/, /edit/],
  ['an unknown field', () => file('perTargets: {}'), /perTargets/, /edit/],
  ['a negative rate', () => file('total: { packetsPerSecond: -1 }'), /total\.packetsPerSecond/, /edit/],
  ['a network that is none', () => file('deniedNetworks: [300.0.0.0/8]'), /deniedNetworks\[0\]/, /edit/],
];
for (const [what, path, reason, fix] of refused)
  t.test(`${what} means that nothing is sent, with the line that mends it`, async (t) => {
    const rails = await readGuardRails(path(), uid);

    t.equal(rails.ok, false);
    if (rails.ok) return;
    t.match(rails.reason, reason);
    t.match(rails.fix, fix);
  });

t.test('a file of another user is refused', { skip: uid === 0 ? false : 'needs root to give a file away' }, async (t) => {
  const path = file(DEFAULT_LIMITS_FILE);
  chownSync(path, 12_345, 0);

  t.match(await readGuardRails(path, uid), { ok: false, reason: /belongs to user 12345/, fix: `chown root ${path}` });
});

t.test('a file with only some fields has the defaults for the others', async (t) => {
  const rails = await readGuardRails(file('total: { packetsPerSecond: 10 }'), uid);
  t.equal(rails.ok && rails.limits.total.packetsPerSecond, 10);
  t.equal(rails.ok && rails.limits.perTarget.burstPackets, 40);
});

t.test('a change of the file is found within seconds, its loss too', async (t) => {
  const clock = makeManualClock();
  const path = file(DEFAULT_LIMITS_FILE);
  const heard: boolean[] = [];
  const stop = new AbortController();
  const watching = watchGuardRails(path, uid, clock, (rails) => void heard.push(rails.ok), stop.signal);
  await clock.advance(6_000);
  t.same(heard, []);

  writeFileSync(path, 'total: { packetsPerSecond: 1 }\n');
  await clock.advance(6_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  rmSync(path);
  await clock.advance(6_000);
  stop.abort();
  await watching;

  t.same(heard, [true, false]);
});
