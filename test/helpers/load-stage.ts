import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { openState } from '../../controller/state/database.ts';
import { StoreView } from '../../protocol/store-api.ts';
import { Target } from '../../protocol/target.ts';
import { freePort } from './free-port.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MOSQUITTO = '/usr/sbin/mosquitto';
export const mosquittoMissing = existsSync(MOSQUITTO) ? false : "needs Debian's package mosquitto";

/** What the simulated fleet says of itself. */
export interface Simulated {
  readonly rounds: number;
  readonly batches: number;
  readonly acknowledged: number;
  readonly refused: number;
}

export interface LoadStageOptions {
  readonly agents: number;
  readonly targets: number;
  /** Further flags of the controller, as ['--influx', url]. */
  readonly flags: readonly string[];
  /** Options of the controller's Node, as --cpu-prof. */
  readonly nodeOptions?: readonly string[];
}

/** A real controller behind a real Mosquitto, with a fleet that is made up but for its messages. */
export interface LoadStage extends AsyncDisposable {
  readonly data: string;
  readonly origin: () => string;
  readonly controller: () => ChildProcess;
  /** Process ids by what they are. */
  processes(): Readonly<Record<string, number>>;
  startController(): Promise<void>;
  /** SIGKILL unless said. */
  endController(signal?: NodeJS.Signals): Promise<void>;
  /** Runs the fleet until `stop`, which resolves with what it sent once all of it is acknowledged, or 20 s later. */
  simulate(words: readonly string[]): { stop(): Promise<Simulated>; now(): Simulated };
  store(): Promise<StoreView>;
  /** One of the controller's own metrics, by its name with labels as it stands there. */
  metric(name: string): Promise<number>;
  metrics(): Promise<string>;
}

export const openLoadStage = async (options: LoadStageOptions): Promise<LoadStage> => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-load-'));
  const data = join(directory, 'd');
  const port = await freePort();
  writeFileSync(
    join(directory, 'mosquitto.conf'),
    `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\n`,
  );
  const mosquitto = spawn(MOSQUITTO, ['-c', join(directory, 'mosquitto.conf')], { stdio: 'ignore' });
  const children: ChildProcess[] = [mosquitto];
  await seed(data, options);
  let controller: ChildProcess | null = null;
  let fleet: ChildProcess | null = null;
  let origin = '';
  const ask = async (path: string): Promise<string> => {
    const outgoing = request({
      socketPath: join(data, 'controller.sock'),
      path,
      headers: { host: 'localhost' },
      signal: AbortSignal.timeout(90_000),
    });
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    return text(incoming);
  };
  const endController: LoadStage['endController'] = async (signal = 'SIGKILL') => {
    if (controller === null || controller.exitCode !== null || controller.signalCode !== null) return;
    const ended = once(controller, 'exit');
    controller.kill(signal);
    await ended;
  };
  const stage: LoadStage = {
    data,
    origin: () => origin,
    controller: () => controller ?? mosquitto,
    processes: () => ({ controller: controller?.pid ?? 0, broker: mosquitto.pid ?? 0, fleet: fleet?.pid ?? 0 }),
    endController,
    async startController() {
      const broker = ['--broker', `mqtt://127.0.0.1:${port}`, '--agents-broker', 'mqtts://127.0.0.1:1'];
      const words = ['run', '--data', data, '--http', '0', '--mqtt', '0', '--json', ...broker, ...options.flags];
      controller = spawn(process.execPath, [...(options.nodeOptions ?? []), join(ROOT, 'controller/main.ts'), ...words], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(controller);
      let said = '';
      controller.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-4_000)));
      for await (const line of createInterface({ input: controller.stdout ?? process.stdin })) {
        if (!line.startsWith('{"ready"')) continue;
        origin = JSON.parse(line).ready.origin;
        controller.stdout?.resume();
        return;
      }
      throw new Error(`the controller ended: ${said}`);
    },
    simulate(words) {
      let latest: Simulated = { rounds: 0, batches: 0, acknowledged: 0, refused: 0 };
      const broker = ['--broker', `mqtt://127.0.0.1:${port}`, '--agents', String(options.agents), '--targets', String(options.targets)];
      const child = spawn(process.execPath, [join(ROOT, 'agent/main.ts'), 'simulate', ...broker, '--json', ...words], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      fleet = child;
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => (latest = JSON.parse(line)));
      return {
        now: () => latest,
        async stop() {
          const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
          child.kill('SIGINT');
          await ended;
          return latest;
        },
      };
    },
    store: async () => StoreView.parse(JSON.parse(await ask('/api/v1/store'))),
    metrics: () => ask('/metrics'),
    async metric(name) {
      const line = (await ask('/metrics')).split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.split(' ').at(-1) ?? Number.NaN);
    },
    async [Symbol.asyncDispose]() {
      for (const child of children.toReversed()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return stage;
};

/** A control database with the fleet enrolled, as if each had registered. */
const seed = async (data: string, { agents, targets }: LoadStageOptions): Promise<void> => {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(data, 'control.db'));
  const state = openState(db);
  const rows = Array.from({ length: agents }, (_, i) => ({
    id: `sim-${i + 1}`,
    hostname: `sim-${i + 1}`,
    labels: '{}',
    state: 'active' as const,
    key_hash: `key-${i}`,
    sealing_key: '',
    enrolled_at: 1,
    status: null,
    online: 0,
    seen_at: null,
    config_report: null,
  }));
  for (let start = 0; start < rows.length; start += 500)
    await state
      .insertInto('agents')
      .values(rows.slice(start, start + 500))
      .execute();
  for (let i = 1; i <= targets; i += 1) {
    // Nobody of this fleet measures by a configuration: what it is told to do must not be what is measured.
    const document = Target.parse({
      id: `t${i}`,
      name: `Target ${i}`,
      address: `192.0.2.${i}`,
      tasks: [{ options: { kind: 'icmp' } }],
      agents: { in: { none: ['x'] } },
    });
    await state
      .insertInto('targets')
      .values({ id: `t${i}`, document: JSON.stringify(document), created_at: 1, updated_at: 1 })
      .execute();
  }
  await state.destroy();
};
