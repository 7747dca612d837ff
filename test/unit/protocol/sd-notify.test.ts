import t from 'tap';
import { serviceManagerIn } from '../../../protocol/sd-notify.ts';

t.test('service manager: nobody waits to hear anything outside of a service', async (t) => {
  t.equal(serviceManagerIn({}), null);
  t.equal(serviceManagerIn({ NOTIFY_SOCKET: 'vsock:2:9999' }), null);
});

t.test('service manager: the socket, and the watchdog in milliseconds', async (t) => {
  t.same(serviceManagerIn({ NOTIFY_SOCKET: '/run/systemd/notify' }), { socket: '/run/systemd/notify', watchdogMs: null });
  t.same(serviceManagerIn({ NOTIFY_SOCKET: '@notify', WATCHDOG_USEC: '60000000' }), { socket: '@notify', watchdogMs: 60_000 });
});
