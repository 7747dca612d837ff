import t from 'tap';
import { addressesIn } from '../../../../../controller/fleet/snmp/networks.ts';

t.test('networks: addresses inside, without network and broadcast', async (t) => {
  t.same(addressesIn('192.0.2.9/29'), {
    ok: true,
    value: ['192.0.2.9', '192.0.2.10', '192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.14'],
  });
  t.same(addressesIn('192.0.2.4/31'), { ok: true, value: ['192.0.2.4', '192.0.2.5'] });
  t.same(addressesIn('255.255.255.255/32'), { ok: true, value: ['255.255.255.255'] });
  t.same(addressesIn('sw1.example.net'), { ok: true, value: ['sw1.example.net'] });
});

t.test('networks: too large, or none', async (t) => {
  t.match(addressesIn('10.0.0.0/8'), { ok: false, reason: /16777216 addresses; at most 4096/ });
  t.match(addressesIn('10.0.0.0/33'), { ok: false, reason: /not a network/ });
  t.match(addressesIn('2001:db8::/64'), { ok: false, reason: /not a network/ });
});
