import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const INFLUXD = '/usr/bin/influxd';
export const influxdMissing = existsSync(INFLUXD) ? false : "needs Debian's package influxdb";

/** Debian's InfluxDB 1.6 as a program of its own, in a directory of its own. */
export interface Influxd extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** The first statement's series; throws what the server says. */
  query(q: string, db?: string): Promise<InfluxTable[]>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, on the same port and directory. */
  start(): Promise<void>;
  readonly pid: number | undefined;
}
export interface InfluxTable {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (string | number | boolean | null)[])[];
}

export interface InfluxdOptions {
  /** Where its data lies; a temporary directory unless said. */
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** [user, password] for every query of ours. */
  readonly login?: readonly [string, string];
}

export const startInfluxd = async (options: InfluxdOptions = {}): Promise<Influxd> => {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'sonde-influxd-'));
  const [port, backupPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    child = spawn(INFLUXD, ['run', '-config', '/dev/null'], {
      stdio: 'ignore',
      env: {
        ...process.env,
        HOME: directory,
        INFLUXDB_REPORTING_DISABLED: 'true',
        INFLUXDB_BIND_ADDRESS: `127.0.0.1:${backupPort}`,
        INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${port}`,
        INFLUXDB_HTTP_LOG_ENABLED: 'false',
        INFLUXDB_HTTP_FLUX_ENABLED: 'false',
        INFLUXDB_META_DIR: join(directory, 'meta'),
        INFLUXDB_DATA_DIR: join(directory, 'data'),
        INFLUXDB_DATA_WAL_DIR: join(directory, 'wal'),
        INFLUXDB_DATA_QUERY_LOG_ENABLED: 'false',
        INFLUXDB_MONITOR_STORE_ENABLED: 'false',
        ...options.environment,
      },
    });
    for (let i = 0; i < 400; i += 1) {
      const answer = await fetch(`${url}/ping`).catch(() => null);
      if (answer?.status === 204) return;
      if (child.exitCode !== null) break;
      await delay(50);
    }
    throw new Error(`influxd did not start on ${url}`);
  };
  await start();
  const kill: Influxd['kill'] = async (signal = 'SIGTERM') => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return {
    url,
    port,
    directory,
    kill,
    start,
    get pid() {
      return child?.pid;
    },
    async query(q, db = '') {
      const form = new URLSearchParams({ q, db, epoch: 'ms' });
      const headers: Record<string, string> =
        options.login === undefined ? {} : { authorization: `Basic ${Buffer.from(options.login.join(':')).toString('base64')}` };
      const answer = await fetch(`${url}/query`, { method: 'POST', body: form, headers });
      const json: ReturnType<typeof JSON.parse> = await answer.json(); // a test looks at whatever came
      const error = json.error ?? json.results?.[0]?.error;
      if (error !== undefined) throw new Error(`${q}: ${error}`);
      return json.results?.[0]?.series ?? [];
    },
    async [Symbol.asyncDispose]() {
      await kill('SIGKILL');
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
};
