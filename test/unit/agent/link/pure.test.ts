import t from 'tap';
import { backOffMs } from '../../../../agent/link/back-off.ts';
import { formatEndpoint, parseEndpoint } from '../../../../agent/link/endpoint.ts';
import { renewalAt, retryMs } from '../../../../agent/enrolment/renewal.ts';
import { phaseOf } from '../../../../agent/schedule/plan.ts';
import { diffTasks } from '../../../../agent/config/diff.ts';
import type { Task } from '../../../../protocol/task.ts';

t.test('back-off doubles from one second to thirty and is anything in between', async (t) => {
  t.same(
    [1, 2, 3, 4, 5, 6, 7, 100].map((failures) => backOffMs(failures, 1)),
    [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
  );
  t.equal(backOffMs(5, 0), 0);
  t.equal(backOffMs(5, 0.5), 8_000);
});

t.test('certificates are renewed at half life, spread over a tenth of it', async (t) => {
  const week = { fromMs: 0, toMs: 7 * 86_400_000 };
  t.equal(renewalAt(week, 0), 3.5 * 86_400_000);
  t.equal(renewalAt(week, 1), 4.2 * 86_400_000);
  t.equal(retryMs(1, 1), 60_000);
  t.equal(retryMs(50, 1), 3_600_000);
});

t.test('a controller is given as a host, with a port, or as a URL', async (t) => {
  const text = (given: string): string => {
    const parsed = parseEndpoint(given);
    return parsed.ok ? formatEndpoint(parsed.value) : parsed.reason;
  };
  t.equal(text('ctl.example.net'), 'mqtts://ctl.example.net:8883');
  t.equal(text('192.0.2.1:1234'), 'mqtts://192.0.2.1:1234');
  t.equal(text('[2001:db8::1]:1234'), 'mqtts://[2001:db8::1]:1234');
  t.equal(text('2001:db8::1'), 'mqtts://[2001:db8::1]:8883');
  t.equal(text('https://127.0.0.1:18883'), 'mqtts://127.0.0.1:18883');
  t.equal(text('wss://ctl.example.net/mqtt'), 'wss://ctl.example.net:443/mqtt');
  t.match(text('http://ctl'), /is not a controller's address/);
  t.match(text(''), /is not a controller's address/);
});

t.test('phases stay the same and spread tasks over their interval', async (t) => {
  const phases = Array.from({ length: 1_000 }, (_, i) => phaseOf('ams1', `target-${i}/icmp`, 10_000));
  const tenths = Map.groupBy(phases, (phase) => Math.floor(phase / 1_000));

  t.equal(phaseOf('ams1', 'target-0/icmp', 10_000), phases[0]);
  t.ok(phases.every((phase) => phase >= 0 && phase < 10_000));
  for (let i = 0; i < 10; i += 1) t.ok((tenths.get(i)?.length ?? 0) > 60, `tenth ${i}`);
});

t.test('only what changed is stopped and started', async (t) => {
  const task = (id: string, intervalMs = 10_000): Task => ({
    id: `${id}/icmp`,
    target: { id, address: '192.0.2.1', family: 'any' },
    intervalMs,
    options: { kind: 'icmp', count: 10, spacingMs: 500, timeoutMs: 1_000, sizeBytes: 56, dscp: 0, ttl: 64 },
  });
  const running = new Map([task('same'), task('gone'), task('slower')].map((one) => [one.id, one]));

  const diff = diffTasks(running, [task('same'), task('slower', 20_000), task('new')]);

  t.same(diff.stop, ['gone/icmp', 'slower/icmp']);
  t.same(
    diff.start.map(({ id }) => id),
    ['slower/icmp', 'new/icmp'],
  );
});
