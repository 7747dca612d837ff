import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { seal, sealingContext, unseal } from '../../../protocol/sealing.ts';
import { formatPublicKey } from '../../../protocol/signature.ts';

const keys = () => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return { publicKey: formatPublicKey(publicKey), privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
};

t.test('sealing: the agent opens what was sealed to it; nobody else does', async (t) => {
  const [mine, other] = [keys(), keys()];
  const context = sealingContext('ams1', 'sw1/snmp');
  const sealed = seal(mine.publicKey, context, 'secret community');

  t.same(unseal(mine.privateKey, context, sealed), { ok: true, value: 'secret community' });
  t.match(unseal(other.privateKey, context, sealed), { ok: false });
  t.notOk(sealed.includes('secret') || Buffer.from(sealed.slice(3), 'base64url').includes('secret'));
  t.not(seal(mine.publicKey, context, 'secret community'), sealed, 'twice the same secret looks different');
});

t.test('sealing: in another place, or changed by one bit, it does not open', async (t) => {
  const mine = keys();
  const sealed = seal(mine.publicKey, sealingContext('ams1', 'sw1/snmp'), 'secret');
  t.match(unseal(mine.privateKey, sealingContext('ams1', 'sw2/snmp'), sealed), { ok: false });
  t.match(unseal(mine.privateKey, sealingContext('fra1', 'sw1/snmp'), sealed), { ok: false });
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  for (const position of [0, 33, 45, bytes.length - 1]) {
    const broken = Buffer.from(bytes);
    broken[position] = (broken[position] ?? 0) ^ 1;
    t.match(unseal(mine.privateKey, sealingContext('ams1', 'sw1/snmp'), `x1.${broken.toString('base64url')}`), { ok: false });
  }
});

t.test('sealing: nonsense is refused without a word of what is inside', async (t) => {
  const mine = keys();
  for (const nonsense of ['', 'x1.', 'x1.AAAA', 'hello', `x1.${'A'.repeat(100)}`])
    t.match(unseal(mine.privateKey, 'c', nonsense), { ok: false });
  t.throws(() => seal('not a key', 'c', 'x'));
});
