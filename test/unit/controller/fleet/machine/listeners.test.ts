import t from 'tap';
import { flagsOf, listenerKey } from '../../../../../controller/fleet/machine/listeners.ts';
import type { Listener } from '../../../../../protocol/probes/host.ts';

const on = (address: string, port: number, name: string | null, uid = 0, protocol: 'tcp' | 'udp' = 'tcp'): Listener => ({
  protocol,
  address,
  port,
  uid,
  process: name === null ? null : { pid: 100 + uid, name },
});
const flags = (listeners: readonly Listener[], expected: readonly string[] | null = null): string[] =>
  flagsOf(listeners, expected === null ? null : new Set(expected)).map(({ flags: all }) => all.join(' '));

t.test('a listener on every address is flagged, one on loopback or on one address is not', async (t) => {
  t.same(flags([on('0.0.0.0', 22, 'sshd'), on('::', 22, 'sshd'), on('127.0.0.1', 25, 'master'), on('10.0.0.1', 53, 'named')]), [
    'every-address',
    'every-address',
    '',
    '',
  ]);
});

t.test('unexpected is what nobody called expected; without a word nothing is', async (t) => {
  const listeners = [on('127.0.0.1', 25, 'master'), on('127.0.0.1', 4444, 'nc')];
  t.same(flags(listeners), ['', '']);
  t.same(flags(listeners, [listenerKey(on('127.0.0.1', 25, 'another'))]), ['', 'unexpected'], 'whichever process has it');
});

t.test('a conflict is two programs on overlapping addresses, not the workers of one, nor two addresses', async (t) => {
  t.same(flags([on('0.0.0.0', 53, 'dnsmasq'), on('127.0.0.53', 53, 'systemd-resolve')]), ['every-address conflict', 'conflict']);
  t.same(flags([on('127.0.0.54', 53, 'dnsmasq'), on('127.0.0.53', 53, 'systemd-resolve')]), ['', '']);
  t.same(flags([on('10.0.0.1', 80, 'nginx'), on('10.0.0.1', 80, 'nginx')]), ['', '']);
  t.same(flags([on('10.0.0.1', 80, null, 33), on('10.0.0.1', 80, null, 1_000)]), ['conflict', 'conflict'], 'unreadable, but other users');
  t.same(flags([on('10.0.0.1', 53, 'a', 0, 'udp'), on('10.0.0.1', 53, 'b', 0, 'tcp')]), ['', '']);
});
