import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';

// The real program as `npm start` runs it, on free ports.

const MAIN = join(import.meta.dirname, '..', '..', '..', 'controller', 'main.ts');
t.setTimeout(120_000);

interface Ready {
  readonly origin: string;
  readonly setupUrl: string | null;
  readonly agentsPort: number;
  readonly localAgent: string | null;
}

/** tap's own are too long for a Unix socket. */
const shortDirectory = (t: { teardown(work: () => void): void }): string => {
  const parent = mkdtempSync(join(tmpdir(), 'sonde-start-'));
  t.teardown(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'data');
};

const start = async (
  t: { teardown(work: () => void): void },
  data: string,
  ...flags: string[]
): Promise<{ child: ChildProcess; ready: Ready }> => {
  const child = spawn(process.execPath, [MAIN, 'start', '--data', data, '--http', '0', '--mqtt', '0', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    said += chunk;
    if (said.includes('\n')) break;
  }
  return { child, ready: JSON.parse(said).ready };
};
const stop = async (child: ChildProcess): Promise<number | null> => {
  const exited = once(child, 'exit'); // it may have gone before the second signal
  child.kill('SIGINT');
  await delay(50);
  child.kill('SIGINT'); // npm sends it again
  await exited;
  return child.exitCode;
};
const cli = async (...args: string[]): Promise<{ code: number | null; out: string; err: string }> => {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end();
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
};
const metric = async (origin: string, name: string): Promise<number> => {
  const body = await (await fetch(`${origin}/metrics`)).text();
  return Number(
    body
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1] ?? Number.NaN,
  );
};

t.test('start: a first start measures loopback, a second one finds everything again, Ctrl-C twice ends it cleanly', async (t) => {
  const data = shortDirectory(t);
  const first = await start(t, data);

  t.match(first.ready.setupUrl, /^http:\/\/127\.0\.0\.1:\d+\/setup\?token=[0-9a-f]{40}$/);
  const other = await cli('start', '--data', data, '--http', '0', '--mqtt', '0');
  t.equal(other.code, 69);
  t.match(other.err, /another controller runs on .*: stop it, or give this one a directory of its own with --data DIR/);
  const targets = await cli('targets', 'list', '--data', data, '--json');
  t.same(
    JSON.parse(targets.out).map(({ address }: { address: string }) => address),
    ['127.0.0.1', '::1'],
  );
  const added = await cli('targets', 'add', '127.0.0.3', '--id', 'third', '--data', data);
  t.match(added.out, /target third is measured by 1 agent/);
  const token = await cli('token', 'create', '--label', 'country=de', '--data', data, '--json');
  t.match(JSON.parse(token.out), { token: /^sonde_/, labels: { country: 'de' } });
  t.equal(await stop(first.child), 0);
  t.notOk(existsSync(join(data, 'controller.sock')));
  const away = await cli('agents', '--data', data);
  t.equal(away.code, 69);
  t.match(away.err, /no controller runs on .*: start it \(npm start\)/);

  const second = await start(t, data);
  const agents = await cli('agents', '--data', data, '--json');
  t.equal(JSON.parse(agents.out).length, 1, 'no second agent was enrolled');
  t.equal(second.ready.localAgent, first.ready.localAgent);
  const after = JSON.parse((await cli('targets', 'list', '--data', data, '--json')).out);
  t.equal(after.length, 3);
  let online = 0;
  for (let i = 0; i < 60 && online !== 1; i += 1) {
    online = await metric(second.ready.origin, 'sonde_agents{state="online"}');
    await delay(250);
  }
  t.equal(online, 1);
  const revoked = await cli('agents', 'revoke', second.ready.localAgent ?? '', '--data', data);
  t.equal(revoked.code, 0);
  t.equal(await stop(second.child), 0);
});

t.test('start: a port in use is named, with the flag that changes it, before anything is made', async (t) => {
  const { createServer } = await import('node:net');
  const taken = createServer().listen(0, '127.0.0.1');
  t.teardown(() => taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const data = shortDirectory(t);

  const result = await cli('start', '--data', data, '--http', String(port), '--mqtt', '0');

  t.equal(result.code, 69);
  t.equal(result.err, `controller: port ${port} is in use by another program: stop it, or choose another one: --http ${port + 1}\n`);
  t.notOk(existsSync(join(data, 'keys')));
});

t.test('command line: mistakes are explained, with sysexits', async (t) => {
  const [unknown, misspelt, badCount, nowhere] = await Promise.all([
    cli('bogus'),
    cli('targets', 'ad', '192.0.2.1'),
    cli('token', 'create', '--uses', 'x'),
    cli('setup-link', '--data', join(t.testdir(), 'none')),
  ]);

  t.equal(unknown.code, 64);
  t.match(unknown.err, /unknown command 'bogus'/);
  t.equal(misspelt.code, 64);
  t.match(misspelt.err, /targets: there is no "ad"; there is list, add, remove/);
  t.equal(badCount.code, 64);
  t.match(badCount.err, /a whole number/);
  t.equal(nowhere.code, 69);
  t.match(nowhere.err, /no controller has ever run on/);
});
