import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { InfluxSettings } from '../../controller/series/influx/settings.ts';
import { openInfluxStore } from '../../controller/series/influx/store.ts';
import { pointOf } from '../../controller/series/schema.ts';
import { systemClock } from '../../protocol/time.ts';
import { freePort } from '../helpers/free-port.ts';
import { makeRound } from '../helpers/rounds.ts';

// A second server that is no InfluxDB, for the path /api/v2/write: what it stored is asked back over its own API.

const PROGRAM = '/usr/bin/victoria-metrics';
const skip = existsSync(PROGRAM) ? false : "needs Debian's package victoria-metrics";

t.setTimeout(60_000);
t.test(
  'VictoriaMetrics: takes rounds on /api/v2/write, and gives each number back with its time to the millisecond',
  { skip },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-vm-'));
    const port = await freePort();
    const child = spawn(PROGRAM, [`-storageDataPath=${directory}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y'], {
      stdio: 'ignore',
    });
    t.teardown(async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    });
    const url = `http://127.0.0.1:${port}`;
    for (let i = 0; i < 200 && (await fetch(`${url}/health`).catch(() => null)) === null; i += 1) await delay(50);

    await using store = openInfluxStore(InfluxSettings.parse({ url, api: 'v2' }), { clock: systemClock });
    const start = Math.floor(Date.now() / 10_000) * 10_000 - 100_000;
    const rounds = Array.from({ length: 5 }, (_, i) => makeRound(i, start + i * 10_000 + 7));
    await store.write(rounds.map((round) => pointOf('ams1', round, { site: 'ams' })));
    await fetch(`${url}/internal/force_flush`);

    t.match(store.state(), { phase: 'ok', writePath: '/api/v2/write?bucket=telegraf&precision=us' });
    const exported = await (await fetch(`${url}/api/v1/export?match[]=ping_percentile50_ms`)).text();
    const [series, ...more] = exported
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.same(more, []);
    t.match(series.metric, { __name__: 'ping_percentile50_ms', host: 'ams1', url: 'gw', task: 'gw/icmp', site: 'ams' });
    t.same(
      series.timestamps,
      rounds.map(({ at }) => at),
    );
    t.same(new Set(series.values), new Set([1.119]));
    const names: string[] = JSON.parse(await (await fetch(`${url}/api/v1/label/__name__/values`)).text()).data;
    t.ok(names.includes('ping_packets_transmitted') && names.includes('ping_percent_packet_loss'), names.join(' '));
  },
);
