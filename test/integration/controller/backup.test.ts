import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { hasNetRaw } from '../../../agent/capability.ts';

// Real programs: a controller is backed up while it runs, dies, and comes back from the file in another directory, as on another host; its agent follows.

const ROOT = resolve(import.meta.dirname, '../../..');
t.setTimeout(240_000);

const open = (side: 'agent' | 'controller', words: readonly string[]): ChildProcess =>
  spawn(process.execPath, [join(ROOT, side, 'main.ts'), ...words], { stdio: ['pipe', 'pipe', 'pipe'] });

const done = async (child: ChildProcess, input = ''): Promise<{ code: number | null; out: string; err: string }> => {
  child.stdin?.end(input);
  const [out, err] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    once(child, 'close'),
  ]);
  return { code: child.exitCode, out, err };
};

const readyOf = async (child: ChildProcess): Promise<{ agentsPort: number }> => {
  child.stderr?.resume();
  let said = '';
  for await (const chunk of child.stdout?.setEncoding('utf8') ?? []) {
    said += chunk;
    if (said.includes('\n')) break;
  }
  return JSON.parse(said).ready;
};

const eventually = async (what: string, check: () => boolean | Promise<boolean>, log = (): string => ''): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await check()) return;
    await delay(200);
  }
  throw new Error(`it never came to be that ${what}\n${log().slice(-3_000)}`);
};

/** Over the socket of the directory, as the command line does. */
const ask = async (data: string, path: string): Promise<string> => {
  const outgoing = request({ socketPath: join(data, 'controller.sock'), path, headers: { host: 'localhost' } });
  outgoing.end();
  const [incoming] = await once(outgoing, 'response');
  return text(incoming);
};

const inControl = <T>(data: string, work: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(join(data, 'control.db'), { timeout: 5_000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
};

t.test(
  'backup and restore: the fleet goes on elsewhere, and its agent follows',
  { skip: hasNetRaw() ? false : 'needs CAP_NET_RAW' },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sonde-bk-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const [first, second, agentData, file] = ['one', 'two', 'agent', 'fleet.tar.zst'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    const controller = open('controller', ['run', '--data', first, '--http', '0', '--mqtt', '0', '--json']);
    t.teardown(() => controller.kill('SIGKILL'));
    const { agentsPort } = await readyOf(controller);
    const token = (await done(open('controller', ['token', 'create', '--data', first]))).out.trim();
    const register = ['register', `127.0.0.1:${agentsPort}`, '--token-file', '-', '--name', 'mover', '--data', agentData];
    t.equal((await done(open('agent', register), token)).code, 0);
    await done(open('controller', ['targets', 'add', '127.0.0.1', '--id', 'self', '--interval', '1s', '--count', '1', '--data', first]));
    const agent = open('agent', ['run', '--data', agentData]);
    t.teardown(() => agent.kill('SIGKILL'));
    agent.stdout?.resume();
    let said = '';
    agent.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    await eventually('the agent measures', () => said.includes('"started":1'));

    const rolled = "INSERT INTO rollup_parts (place, measurement, tag, value, from_hour) VALUES ('here', 'ping', 'agent', 'mover', 7)";
    inControl(first, (db) => db.exec(`${rolled}; INSERT INTO rollup_hours SELECT id, 8 FROM rollup_parts`));

    const backup = await done(open('controller', ['backup', file, '--data', first, '--json']));

    t.equal(backup.code, 0, backup.err);
    t.match(JSON.parse(backup.out), { file, kind: 'sonde-controller-backup' });
    const exited = once(controller, 'exit');
    controller.kill('SIGKILL');
    await exited;

    const restored = await done(open('controller', ['restore', file, '--data', second, '--json']));

    t.equal(restored.code, 0, restored.err);
    t.match(JSON.parse(restored.out), { before: null, generation: 2 });
    const trusted = inControl(second, (db) => db.prepare('SELECT count(*) AS n FROM rollup_parts').get());
    t.same(trusted, { n: 0 }, 'no roll-up in InfluxDB is trusted, since it has gone on');
    said = '';
    const moved = open('controller', ['run', '--data', second, '--http', '0', '--mqtt', String(agentsPort), '--json']);
    t.teardown(() => moved.kill('SIGKILL'));
    t.equal((await readyOf(moved)).agentsPort, agentsPort);
    await eventually('the agent is back', () => said.includes('"link-up"'));
    await eventually('it takes configurations of the next generation', () => /configuration 2\.\d+ applied/.test(said));
    await eventually(
      'its rounds arrive',
      async () => /"answered":true/.test(await ask(second, '/api/v1/targets')),
      () => said,
    );
    t.match(await ask(second, '/api/v1/agents'), /"id":"mover"/);
  },
);

t.test('restore: refuses what is in use, what is not empty, and what is no backup, and changes nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-bk-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const file = join(folder, 'file');
  const controller = open('controller', ['run', '--data', data, '--http', '0', '--mqtt', '0', '--json']);
  t.teardown(() => controller.kill('SIGKILL'));
  await readyOf(controller);
  t.equal((await done(open('controller', ['backup', file, '--data', data]))).code, 0);

  const running = await done(open('controller', ['restore', file, '--force', '--data', data]));

  t.equal(running.code, 69);
  t.match(running.err, /a controller runs on .*: stop it first/);
  const exited = once(controller, 'exit');
  controller.kill('SIGTERM');
  await exited;
  const pin = readFileSync(join(data, 'keys/ca.crt'), 'utf8');

  const full = await done(open('controller', ['restore', file, '--data', data]));

  t.equal(full.code, 65);
  t.match(full.err, /is not empty .* --force puts what is there aside/);
  writeFileSync(join(folder, 'cut'), readFileSync(file).subarray(0, 2_000));
  writeFileSync(join(folder, 'other'), 'a text');
  for (const name of ['cut', 'other']) {
    const refused = await done(open('controller', ['restore', join(folder, name), '--force', '--data', data]));
    t.equal(refused.code, 65, name);
    t.match(refused.err, /cannot be read|not whole/, name);
  }
  t.equal(readFileSync(join(data, 'keys/ca.crt'), 'utf8'), pin);

  const forced = await done(open('controller', ['restore', file, '--force', '--data', data, '--json']));

  t.equal(forced.code, 0, forced.err);
  t.equal(readFileSync(join(data, 'keys/ca.crt'), 'utf8'), pin);
  t.equal(readFileSync(join(JSON.parse(forced.out).before, 'keys/ca.crt'), 'utf8'), pin);
});
