import t from 'tap';
import { Limits } from '../../../../agent/config/limits.ts';
import { refusalOf } from '../../../../agent/icmp/guard.ts';
import { type LookUp, makeResolve } from '../../../../agent/probes/resolve.ts';

const limits = Limits.parse({ deniedNetworks: ['10.66.0.0/16'] });
const resolveBy = (lookUp: LookUp) => makeResolve((address) => refusalOf(limits, address), lookUp);
const name =
  (...addresses: string[]): LookUp =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const failing =
  (code: string): LookUp =>
  async () => {
    throw Object.assign(new Error(`${code} happened`), { code });
  };
const { signal } = new AbortController();

t.test('an address is checked, not looked up', async (t) => {
  const resolve = resolveBy(failing('ENOTFOUND'));
  t.same(await resolve('10.1.1.1', 'any', signal), { ok: true, address: '10.1.1.1' });
  t.match(await resolve('10.66.1.1', 'any', signal), {
    ok: false,
    blame: 'agent',
    reason: 'denied-network',
    detail: '10.66.1.1: the limits file does not let it be probed',
  });
  t.match(await resolve('10.1.1.1', 'v6', signal), { ok: false, blame: 'resolver', reason: 'no-address' });
});

t.test('a name gives its first address of the family that may be probed', async (t) => {
  t.same(await resolveBy(name('2001:db8::1', '192.0.2.1'))('gw', 'v4', signal), { ok: true, address: '192.0.2.1' });
  t.same(await resolveBy(name('2001:db8::1', '192.0.2.1'))('gw', 'any', signal), { ok: true, address: '2001:db8::1' });
  t.same(await resolveBy(name('10.66.0.1', '10.67.0.1'))('gw', 'any', signal), { ok: true, address: '10.67.0.1' });
});

t.test('a name whose every address is denied is the agent, not the resolver, to blame', async (t) =>
  t.match(await resolveBy(name('10.66.0.1'))('gw', 'any', signal), {
    ok: false,
    blame: 'agent',
    reason: 'denied-network',
    detail: /gw \(10.66.0.1\)/,
  }),
);

t.test('a name that cannot be resolved has a stable reason', async (t) => {
  for (const [code, reason] of [
    ['ENOTFOUND', 'nxdomain'],
    ['EAI_AGAIN', 'resolver-unreachable'],
    ['ENODATA', 'no-address'],
    ['ESERVFAIL', 'ESERVFAIL'],
  ] as const)
    t.match(await resolveBy(failing(code))('gw', 'any', signal), { ok: false, blame: 'resolver', reason }, code);
});

t.test('whoever waits for a resolver that hangs is let go by the signal', async (t) => {
  const stop = new AbortController();
  const waiting = resolveBy(() => new Promise(() => undefined))('gw', 'any', stop.signal);
  stop.abort(new Error('enough'));
  t.match(await waiting, { ok: false, blame: 'resolver', detail: 'gw: enough' });
});
