import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { OnlineStatus } from '../../protocol/status.ts';
import { PairHistory, Saved, type SmokeColumn, TokenCreated } from '../../protocol/api.ts';
import type * as z from 'zod';
import { openVethPair, type Namespace } from '../netns/namespace.ts';
import { Part, until } from './part.ts';

const root = resolve(import.meta.dirname, '../..');
const MOSQUITTO = '/usr/sbin/mosquitto';
const MOSQUITTO_URL = 'mqtts://127.0.0.1:8884';
/** Three packets in the first 200 ms of each second: few enough for the default guard rails, and a gap in which a witness can tell rounds apart. */
export const PACKETS = 3;
export const SPACING_MS = 100;
const EVERY_SECOND = { intervalMs: 1_000, options: { kind: 'icmp', count: PACKETS, spacingMs: SPACING_MS, timeoutMs: 700 } } as const;

/** The address of the n-th target: beyond the veth, where a kernel answers. */
export const addressOf = (n: number): string => `10.200.0.${n}`;

/** A controller and agents as real processes in a network namespace: default ports are free there, and nothing can leave. */
export class Stage implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'sonde-chaos-'));
  readonly controllerData = join(this.directory, 'controller');
  readonly parts: Part[] = [];
  readonly #pair = openVethPair('sf');

  get near(): Namespace {
    return this.#pair.near;
  }
  /** The interface that leads to the targets. */
  readonly interface = 'v0';

  /** Any program, inside the namespace, with its output read. */
  run(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Part {
    const child = spawn('ip', ['netns', 'exec', this.near.name, ...command], {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const part = new Part(child);
    this.parts.push(part);
    return part;
  }

  agentData(name: string): string {
    return join(this.directory, name);
  }

  /** Runs a command of the product to its end; its standard output. Throws with what it said when it fails. */
  async command(...words: string[]): Promise<string> {
    const child: ChildProcess = spawn('ip', ['netns', 'exec', this.near.name, process.execPath, ...words], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
    const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    if (child.exitCode !== 0) throw new Error(`${words.join(' ')}: ${output}${complaints}`);
    return output;
  }

  /** Resolves when it listens. `broker`: with the external Mosquitto. */
  async startController(broker: 'embedded' | 'mosquitto' = 'embedded', environment: Readonly<Record<string, string>> = {}): Promise<Part> {
    const flags = broker === 'mosquitto' ? ['--broker', MOSQUITTO_URL, '--agents-broker', MOSQUITTO_URL] : [];
    const part = this.run([process.execPath, 'controller/main.ts', 'run', '--data', this.controllerData, '--json', ...flags], environment);
    await part.heard('{"ready"');
    return part;
  }

  /** Writes what Mosquitto needs, by the product's own command. */
  async prepareMosquitto(): Promise<void> {
    await this.command('controller/main.ts', 'broker', 'mosquitto-config', '--data', this.controllerData, '--port', '8884');
    // Started as root, Mosquitto would become another user, who may not read the keys.
    appendFileSync(join(this.controllerData, 'mosquitto/mosquitto.conf'), `user ${userInfo().username}\n`);
  }
  async startMosquitto(): Promise<Part> {
    const part = this.run([MOSQUITTO, '-c', join(this.controllerData, 'mosquitto/mosquitto.conf')]);
    await part.heard('running', 10_000);
    return part;
  }

  async enrol(name: string): Promise<void> {
    const { token } = await this.call('POST', '/tokens', TokenCreated, {});
    const file = join(this.directory, `${name}.token`);
    writeFileSync(file, token, { mode: 0o600 });
    const words = ['register', '127.0.0.1:8883', '--token-file', file, '--name', name, '--data', this.agentData(name)];
    // On a busy machine its one clock request may go unanswered; running it again is harmless, and says so.
    await this.command('agent/main.ts', ...words).catch(() => this.command('agent/main.ts', ...words));
  }

  startAgent(name: string, environment: Readonly<Record<string, string>> = {}): Part {
    return this.run([process.execPath, 'agent/main.ts', 'run', '--data', this.agentData(name)], environment);
  }

  /** What the agent wrote down of itself last, at most five seconds old; null before the first time. */
  agentStatus(name: string): OnlineStatus | null {
    const file = join(this.agentData(name), 'status.json');
    return existsSync(file) ? OnlineStatus.parse(JSON.parse(readFileSync(file, 'utf8')).status) : null;
  }

  async addTarget(id: string, address: string, tasks: object = EVERY_SECOND): Promise<void> {
    await this.call('POST', '/targets', Saved, { id, name: id, address, tasks: [tasks] });
  }

  /** One column a round, the oldest first; none when nothing was measured yet. */
  async rounds(agent: string, target: string, sinceMs: number, toMs = Date.now() + 60_000): Promise<readonly SmokeColumn[]> {
    const path = `/pairs/${agent}/${target}/icmp/history?from=${Math.floor(sinceMs)}&to=${Math.floor(toMs)}&columns=2000`;
    const history = await this.call('GET', path, PairHistory);
    if (history.bucketMs !== 0) throw new Error(`the query gave buckets of ${history.bucketMs} ms, not rounds`);
    return history.columns;
  }

  /** The REST API over the Unix socket. Rejects with its words when it refuses. */
  async call<T>(method: string, path: string, schema: z.ZodType<T>, body?: object): Promise<T> {
    const answer = await this.ask(method, `/api/v1${path}`, body);
    return schema.parse(answer === '' ? null : JSON.parse(answer));
  }

  /** One of the controller's own metrics, without labels. */
  async metric(name: string): Promise<number> {
    const line = new RegExp(`^${name} (\\S+)$`, 'm').exec(await this.ask('GET', '/metrics'));
    if (line === null) throw new Error(`no metric ${name}`);
    return Number(line[1]);
  }

  async ask(method: string, path: string, body?: object): Promise<string> {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const outgoing = request({
      socketPath: join(this.controllerData, 'controller.sock'),
      method,
      path,
      headers: {
        host: 'localhost',
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      },
      signal: AbortSignal.timeout(10_000),
    });
    outgoing.end(payload);
    const answered: IncomingMessage[] = await once(outgoing, 'response');
    const [incoming] = answered;
    if (incoming === undefined) throw new Error('no answer');
    const answer = await text(incoming);
    if ((incoming.statusCode ?? 0) >= 300) throw new Error(`${method} ${path}: ${incoming.statusCode} ${answer}`);
    return answer;
  }

  /** Resolves when each target has a round that began after `afterMs`. */
  async measured(agent: string, targets: readonly string[], afterMs: number, withinMs = 30_000): Promise<void> {
    for (const target of targets)
      await until(
        async () => (await this.rounds(agent, target, afterMs).catch(() => [])).length > 0,
        withinMs,
        () => `no round of ${target}:\n${this.parts.map((part) => part.tail()).join('\n--\n')}`,
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.parts.map((part) => part.end()));
    await delay(100); // the ICMP process ends by itself when its agent has
    this.#pair[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
