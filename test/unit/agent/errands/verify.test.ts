import t from 'tap';
import { type Had, verifyCommand } from '../../../../agent/errands/verify.ts';
import { nothingHeld } from '../../../../agent/config/verify.ts';
import { Signed } from '../../../../protocol/config.ts';
import { makeSigner } from '../../../helpers/controller.ts';

const NOW = 1_800_000_000_000;
const ID = '0123456789abcdef0123456789abcdef';
const signer = makeSigner();
const identity = { agentId: 'ams1', rootKey: signer.rootKey };
const nothingHad: Had = { since: NOW - 60_000, ids: new Map() };
const errand = { do: 'snmp-walk', access: { version: '2c' }, sealed: '', address: '192.0.2.7', root: '1.3.6.1', most: 100 };
const body = (change: object = {}) => ({
  kind: 'command',
  agent: 'ams1',
  generation: 1,
  id: ID,
  at: NOW - 100,
  beginBefore: NOW + 20_000,
  withinMs: 60_000,
  errand,
  ...change,
});
const signed = (change: object = {}, by = signer): Signed => Signed.parse(JSON.parse(by.sign(body(change))));
const verify = (message: Signed, had = nothingHad, nowMs = NOW) => verifyCommand(message, identity, nothingHeld, had, nowMs);

t.test('a command that the chain proves is carried out once', async (t) => {
  const first = verify(signed());
  t.match(first, { ok: true, command: { id: ID, errand: { do: 'snmp-walk', port: 161 } } });
  if (!first.ok) return;
  t.match(verify(signed(), first.had), { ok: false, reason: 'had-already' });
});

t.test('what is had is forgotten when it cannot come again', async (t) => {
  const first = verify(signed());
  const other = 'f'.repeat(32);
  const later = NOW + 30_000;
  if (!first.ok) return t.fail();
  const second = verify(signed({ id: other, at: later, beginBefore: later + 20_000 }), first.had, later);
  t.same(second.ok && [...second.had.ids.keys()], [other]);
});

t.test('what may have been had in an earlier life of this agent is refused', async (t) => {
  const begun: Had = { since: NOW - 50, ids: new Map() };
  t.match(verify(signed(), begun), { ok: false, reason: 'had-already' });
});

const refusals: readonly (readonly [what: string, reason: string, message: Signed])[] = [
  ['signed by a thief', 'delegation-not-signed-by-root', signed({}, makeSigner())],
  ['for another agent', 'for-another-agent', signed({ agent: 'fra1' })],
  ['of another generation than its key', 'generation-mismatch', signed({ generation: 2 })],
  ['that lay too long on its way', 'expired', signed({ at: NOW - 30_000, beginBefore: NOW - 1 })],
  ['that may be begun for longer than is remembered', 'not-understood', signed({ beginBefore: NOW + 3_600_000 })],
  ['with a word that this agent does not know', 'not-understood', signed({ errand: { ...errand, fast: true } })],
  ['that is a configuration', 'not-understood', signed({ kind: 'config' })],
  ['whose bytes were changed', 'not-signed-by-delegate', { ...signed(), body: JSON.stringify(body({ withinMs: 61_000 })) }],
];
for (const [what, reason, message] of refusals)
  t.test(`a command ${what} is refused`, async (t) => {
    t.match(verify(message), { ok: false, reason });
  });
