import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import t from 'tap';
import { render } from '../../../controller/alerts/notifiers/index.ts';
import { Notifier } from '../../../protocol/notifier.ts';
import { sampleNotification } from '../../contract/notifier.ts';
import { freePort } from '../../helpers/free-port.ts';

const ALERTMANAGER = '/usr/bin/prometheus-alertmanager';
const AMTOOL = '/usr/bin/amtool';
const missing = [ALERTMANAGER, AMTOOL].filter((file) => !existsSync(file));
const skip = missing.length > 0 ? `without ${missing.join(', ')} (Debian's prometheus-alertmanager)` : false;

/** What our webhook says, with the times of now: Alertmanager holds an alert for resolved whose end is past. */
const bodyOf = (status: 'firing' | 'resolved', now: number): string => {
  const hook = Notifier.parse({ id: 'hook', kind: 'webhook', url: 'https://hooks.example.net/' });
  const notification = { ...sampleNotification(status), openedAt: now - 60_000, resolvedAt: status === 'resolved' ? now - 1_000 : null };
  const parcel = render(hook, notification, 'key', { origin: 'https://sonde.example.net' });
  return parcel.by === 'http' ? parcel.body : '';
};

/** The names and kinds of values, all the way down; what is in a map of labels does not count. */
const shapeOf = (value: unknown, name = ''): unknown => {
  if (/labels|annotations/i.test(name)) return 'texts';
  if (Array.isArray(value)) return value.slice(0, 1).map((one) => shapeOf(one));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner, key)]));
  return typeof value;
};

t.test(
  'webhook: Alertmanager itself takes our alerts, amtool lists them, and what it sends on has the shape of what we send',
  { skip },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-alertmanager-'));
    const bodies: { status: string }[] = [];
    const receiver = createServer((request, response) => {
      void text(request).then((body) => {
        bodies.push(JSON.parse(body));
        response.writeHead(200).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const address = receiver.address();
    const config = join(directory, 'alertmanager.yml');
    const hook = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    writeFileSync(
      config,
      `route: { receiver: test, group_wait: 0s, group_interval: 1s, group_by: [alertname] }\nreceivers:\n  - name: test\n    webhook_configs: [{ url: '${hook}', send_resolved: true }]\n`,
    );
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = [
      `--config.file=${config}`,
      `--storage.path=${directory}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ];
    const alertmanager = spawn(ALERTMANAGER, args, { stdio: 'ignore' });
    t.teardown(async () => {
      const gone = once(alertmanager, 'exit');
      alertmanager.kill('SIGKILL');
      await gone;
      receiver.closeAllConnections();
      receiver.close();
      rmSync(directory, { recursive: true, force: true });
    });
    const until = async (what: string, is: () => Promise<boolean>): Promise<void> => {
      for (let tries = 0; tries < 300; tries += 1) {
        if (await is().catch(() => false)) return;
        await delay(50);
      }
      t.fail(`${what} did not happen in 15 s`);
    };
    const give = async (status: 'firing' | 'resolved'): Promise<number> => {
      const { alerts } = JSON.parse(bodyOf(status, Date.now()));
      // Its API takes the list that our body carries; an open alert has no end there, where the webhook has the year 1.
      const posted = alerts.map(({ endsAt, ...alert }: { endsAt: string }) => (endsAt.startsWith('0001') ? alert : { ...alert, endsAt }));
      const answer = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(posted),
      });
      return answer.status;
    };
    await until('Alertmanager is ready', async () => (await fetch(`${url}/-/ready`)).ok);

    t.equal(await give('firing'), 200);
    const { stdout } = await promisify(execFile)(AMTOOL, ['--alertmanager.url', url, 'alert', 'query', '-o', 'json']);
    t.match(JSON.parse(stdout), [
      {
        labels: { alertname: 'high-loss', cause: 'target:gw', target: 'gw', severity: 'critical', incident: '7' },
        annotations: { summary: 'High loss: Gateway' },
        generatorURL: 'https://sonde.example.net/incidents/7',
        status: { state: 'active' },
      },
    ]);
    await until('the word that it fires', async () => bodies.some(({ status }) => status === 'firing'));
    t.equal(await give('resolved'), 200);
    await until('the word that it is over', async () => bodies.some(({ status }) => status === 'resolved'));

    for (const status of ['firing', 'resolved'] as const) {
      const theirs = shapeOf(bodies.find((body) => body.status === status)) as Record<string, unknown>; // a test's own object
      const ours = shapeOf(JSON.parse(bodyOf(status, Date.now()))) as Record<string, unknown>; // likewise
      const common = Object.fromEntries(Object.entries(ours).filter(([name]) => name in theirs));
      t.strictSame(common, theirs, `${status}: every field that Alertmanager sends is there, of the same kind`);
    }
  },
);
