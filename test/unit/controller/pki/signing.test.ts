import { statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Delegation, Signed } from '../../../../protocol/config.ts';
import { isSignedBy } from '../../../../protocol/signature.ts';
import { openSigningKeys } from '../../../../controller/pki/signing.ts';

const delegationOf = (text: string): Delegation => Delegation.parse(JSON.parse(Signed.parse(JSON.parse(text)).delegation.body));

t.test('signing keys: the root signs the delegation, the delegate signs the body', async (t) => {
  const keys = openSigningKeys(t.testdir());

  const signed = Signed.parse(JSON.parse(keys.sign({ kind: 'latest', revision: 3 })));

  t.ok(isSignedBy(signed.delegation.body, signed.delegation.signature, keys.rootKey));
  t.ok(isSignedBy(signed.body, signed.signature, Delegation.parse(JSON.parse(signed.delegation.body)).publicKey));
  t.same(JSON.parse(signed.body), { kind: 'latest', revision: 3 });
  t.equal(keys.generation(), 1);
});

t.test('signing keys: a second start finds the same keys and the raised generation', async (t) => {
  const directory = join(t.testdir(), 'keys');
  const first = openSigningKeys(directory);
  first.raiseGeneration();

  const second = openSigningKeys(directory);

  t.equal(second.rootKey, first.rootKey);
  t.equal(second.generation(), 2);
  t.same(delegationOf(second.sign({})), delegationOf(first.sign({})));
  for (const name of ['root.key', 'signing.key', 'delegation.json']) t.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
});

t.test('signing keys: the root key may be taken offline; then only raising the generation needs it', async (t) => {
  const directory = t.testdir();
  const rootKey = openSigningKeys(directory).rootKey;
  unlinkSync(join(directory, 'root.key'));

  const keys = openSigningKeys(directory);

  t.equal(keys.rootIsHere, false);
  t.equal(keys.rootKey, rootKey);
  t.ok(keys.sign({}));
  t.throws(() => keys.raiseGeneration(), /root\.key is not here/);
  t.equal(keys.generation(), 1);
});

t.test('signing keys: a changed signing key is delegated anew in the next generation', async (t) => {
  const directory = t.testdir();
  const before = delegationOf(openSigningKeys(directory).sign({}));
  unlinkSync(join(directory, 'signing.key'));

  const after = delegationOf(openSigningKeys(directory).sign({}));

  t.equal(after.generation, 2);
  t.not(after.publicKey, before.publicKey);
});

t.test('signing keys: a delegation of another root is refused with what to do', async (t) => {
  const directory = t.testdir();
  openSigningKeys(directory);
  const other = openSigningKeys(join(directory, 'other'));
  writeFileSync(join(directory, 'delegation.json'), JSON.stringify(Signed.parse(JSON.parse(other.sign({}))).delegation));

  t.throws(() => openSigningKeys(directory), /not signed by the root key beside it: restore the whole keys directory/);
});
