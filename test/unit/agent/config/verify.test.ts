import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import t from 'tap';
import { type Held, nothingHeld, verifyConfig } from '../../../../agent/config/verify.ts';
import type { Signed } from '../../../../protocol/config.ts';
import { formatPublicKey, signText } from '../../../../protocol/signature.ts';

const root = generateKeyPairSync('ed25519');
const delegate = generateKeyPairSync('ed25519');
const thief = generateKeyPairSync('ed25519');
const identity = { agentId: 'ams1', rootKey: formatPublicKey(root.publicKey) };
const task = { id: 'gw/icmp', target: { id: 'gw', address: '192.0.2.1', family: 'any' }, intervalMs: 10_000, options: { kind: 'icmp' } };

interface Forgery {
  readonly generation?: number;
  readonly delegationKind?: string;
  readonly rootKey?: KeyObject;
  readonly signingKey?: KeyObject;
  readonly config?: Record<string, unknown>;
  readonly after?: (signed: Signed) => Signed;
}

const sign = ({
  generation = 3,
  delegationKind = 'delegation',
  rootKey = root.privateKey,
  signingKey = delegate.privateKey,
  config = {},
  after = (signed) => signed,
}: Forgery): Signed => {
  const delegation = JSON.stringify({ kind: delegationKind, generation, publicKey: formatPublicKey(delegate.publicKey) });
  const body = JSON.stringify({ kind: 'config', agent: 'ams1', generation: 3, revision: 7, tasks: [task], ...config });
  return after({
    v: 1,
    delegation: { body: delegation, signature: signText(delegation, rootKey) },
    body,
    signature: signText(body, signingKey),
  });
};

const applied = sign({});
const held: Held = { generation: 3, applied: { generation: 3, revision: 7, body: applied.body } };

t.test('a configuration that the chain proves is taken', async (t) => {
  const verdict = verifyConfig(applied, identity, nothingHeld);

  t.ok(verdict.ok);
  t.equal(verdict.ok && verdict.value.config.revision, 7);
  t.equal(verdict.ok && verdict.value.repeated, false);
});

t.test('the same bytes again are no change', async (t) => {
  const verdict = verifyConfig(applied, identity, held);
  t.equal(verdict.ok && verdict.value.repeated, true);
});

t.test('a new generation may begin again at revision 0', async (t) => {
  t.ok(verifyConfig(sign({ generation: 4, config: { generation: 4, revision: 0 } }), identity, held).ok);
});

const refusals: readonly (readonly [reason: string, what: string, forgery: Forgery])[] = [
  ['delegation-not-signed-by-root', 'a key that another root delegated', { rootKey: thief.privateKey }],
  [
    'delegation-not-signed-by-root',
    'a delegation whose bytes were changed',
    { after: (signed) => ({ ...signed, delegation: { ...signed.delegation, body: `${signed.delegation.body} ` } }) },
  ],
  [
    'delegation-not-signed-by-root',
    'a delegation with a signature that is none',
    { after: (signed) => ({ ...signed, delegation: { ...signed.delegation, signature: 'AAAA' } }) },
  ],
  ['not-decodable', 'something else that the root once signed', { delegationKind: 'certificate' }],
  ['generation-went-back', 'a key of an older generation', { generation: 2, config: { generation: 2 } }],
  ['not-signed-by-delegate', 'a configuration signed by a thief', { signingKey: thief.privateKey }],
  [
    'not-signed-by-delegate',
    'a configuration whose bytes were changed',
    { after: (signed) => ({ ...signed, body: signed.body.replace('192.0.2.1', '192.0.2.2') }) },
  ],
  ['not-signed-by-delegate', 'a configuration signed by the root itself', { signingKey: root.privateKey }],
  ['not-a-configuration', 'a signed "latest" in place of a configuration', { config: { kind: 'latest' } }],
  ['not-a-configuration', 'a field that this agent does not know', { config: { tasks: [{ ...task, sampling: 'fast' }] } }],
  ['not-a-configuration', 'two tasks with one id', { config: { tasks: [task, task] } }],
  ['for-another-agent', 'the configuration of another agent', { config: { agent: 'fra1' } }],
  ['generation-mismatch', 'a configuration of another generation than its key', { generation: 4, config: { revision: 9 } }],
  ['revision-went-back', 'an older configuration', { config: { revision: 6 } }],
  ['same-revision-other-content', 'other content under the same revision', { config: { tasks: [] } }],
];
for (const [reason, what, forgery] of refusals)
  t.test(`${what} is refused: ${reason}`, async (t) => {
    const verdict = verifyConfig(sign(forgery), identity, held);

    t.equal(verdict.ok, false);
    if (verdict.ok) return;
    t.equal(verdict.reason, reason);
    t.ok((verdict.details[0] ?? '').length > 0);
  });

t.test('an unknown field is named in the reason', async (t) => {
  const verdict = verifyConfig(sign({ config: { revision: 8, tasks: [{ ...task, sampling: 'fast' }] } }), identity, held);
  t.match(verdict.ok ? '' : verdict.details[0], /tasks\[0\].*sampling/);
});
