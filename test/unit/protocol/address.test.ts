import t from 'tap';
import { isPrivate } from '../../../protocol/address.ts';

t.test('address: private addresses, also mapped into IPv6, however they are written', async (t) => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.9',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fe80::1%eth0',
  ])
    t.equal(isPrivate(address), true, address);
  for (const address of ['192.0.2.1', '8.8.8.8', '172.32.0.1', '2001:db8::1', '::ffff:192.0.2.1'])
    t.equal(isPrivate(address), false, address);
});
