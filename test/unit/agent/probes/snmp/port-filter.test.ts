import t from 'tap';
import { isFollowed, matches } from '../../../../../agent/probes/snmp/port-filter.ts';
import { PortFilter } from '../../../../../protocol/probes/snmp.ts';

const port = { name: 'ge-0/0/1', descr: 'ge-0/0/1', alias: 'uplink to ams', type: 6, admin: 1 };
const followed = (filter: object, change: object = {}) => isFollowed(PortFilter.parse(filter), { ...port, ...change });

t.test('port filter: patterns', async (t) => {
  t.ok(matches('ge-*', 'GE-0/0/1'));
  t.ok(matches('*uplink*', 'an UPLINK here'));
  t.ok(matches('eth?', 'eth1'));
  t.notOk(matches('eth?', 'eth12'));
  t.notOk(matches('ge-*', 'xe-0/0/0'));
  t.ok(matches('*', ''));
  t.notOk(matches('*a*a*a*a*a*a*a*a*b', 'a'.repeat(200)), 'and no pattern takes long');
});

t.test('port filter: nothing said lets all through; each thing said narrows', async (t) => {
  t.ok(followed({}));
  t.ok(followed({ names: ['ge-*', 'xe-*'] }));
  t.notOk(followed({ names: ['xe-*'] }));
  t.notOk(followed({ notNames: ['ge-0/0/1'] }));
  t.ok(followed({ aliases: ['*uplink*'] }));
  t.notOk(followed({ aliases: ['*customer*'] }));
  t.notOk(followed({ types: [24] }));
  t.notOk(followed({ notTypes: [6] }));
  t.notOk(followed({ adminUp: true }, { admin: 2 }));
});
