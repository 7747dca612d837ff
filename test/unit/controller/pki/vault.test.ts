import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openVault } from '../../../../controller/pki/vault.ts';

const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'sonde-vault-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

t.test('vault: opened again it opens what it kept, in its place only', async (t) => {
  const path = directory();
  const kept = openVault(path).encrypt('device sw1', 'secret');

  t.equal(openVault(path).decrypt('device sw1', kept), 'secret');
  t.throws(() => openVault(path).decrypt('device sw2', kept), /cannot be opened/);
  t.throws(() => openVault(directory()).decrypt('device sw1', kept), /vault.key/);
  t.equal(statSync(join(path, 'vault.key')).mode & 0o777, 0o600);
});

t.test('vault: a damaged key is said, not replaced', async (t) => {
  const path = directory();
  writeFileSync(join(path, 'vault.key'), 'short');
  t.throws(() => openVault(path), /damaged/);
});
