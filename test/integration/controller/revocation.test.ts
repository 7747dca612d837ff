import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import t from 'tap';
import { freePort } from '../../helpers/free-port.ts';
import { transportOf } from '../../helpers/fleet-door.ts';
import type { Session } from '../../../protocol/link.ts';

// A revoked agent at a broker that is not ours: a real Mosquitto, the controller and the registration as people run them.

const MOSQUITTO = '/usr/sbin/mosquitto';
const ROOT = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);
const node = (...words: string[]): ReturnType<typeof run> => run(process.execPath, words, { cwd: ROOT });
const skip = existsSync(MOSQUITTO) && existsSync('/usr/bin/curl') ? false : "needs Debian's packages mosquitto and curl";
t.setTimeout(120_000);

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};

t.test(
  'a revoked agent is cut at an external Mosquitto at once, and stays out once the list is fetched; others notice nothing',
  { skip },
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const work = mkdtempSync(join(tmpdir(), 'sonde-revoked-'));
    stack.defer(() => rmSync(work, { recursive: true, force: true }));
    const data = join(work, 'controller');
    const [port, agentsPort] = [await freePort(), await freePort()];
    await node('controller/main.ts', 'broker', 'mosquitto-config', '--data', data, '--port', String(port));
    const files = join(data, 'mosquitto');
    appendFileSync(join(files, 'mosquitto.conf'), `user ${userInfo().username}\n`); // started as root, it would become another user
    const mosquitto = spawn(MOSQUITTO, ['-c', join(files, 'mosquitto.conf')], { stdio: 'ignore' });
    stack.defer(() => end(mosquitto));
    const url = `mqtts://127.0.0.1:${port}`;
    const words = ['run', '--data', data, '--http', '0', '--mqtt', String(agentsPort), '--json', '--broker', url, '--agents-broker', url];
    const controller = spawn(process.execPath, ['controller/main.ts', ...words], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
    stack.defer(() => end(controller));
    await once(controller.stdout, 'data');

    const sessions: Record<string, { session: Session; connect: () => Promise<Session> }> = {};
    for (const name of ['good', 'bad']) {
      const token = join(work, 'token');
      await run('sh', ['-c', `"$0" controller/main.ts token create --data "$1" > "$2"`, process.execPath, data, token], { cwd: ROOT });
      const own = join(work, name);
      await node('agent/main.ts', 'register', `127.0.0.1:${agentsPort}`, '--token-file', token, '--data', own, '--name', name).catch(
        () => {},
      );
      const read = (file: string): string => readFileSync(join(own, file), 'utf8');
      const authority = { certificatePem: readFileSync(join(files, 'ca.crt'), 'utf8') };
      const transport = transportOf(name, { port, authority }, { key: read('agent.key'), certificate: read('agent.crt') });
      const will = { topic: `sonde/v1/${name}/status`, payload: Buffer.from('{}') };
      const connect = () =>
        transport.connect({ will, subscriptions: [`sonde/v1/${name}/config`], onMessage: () => {} }, AbortSignal.timeout(10_000));
      sessions[name] = { session: await connect(), connect };
    }
    const { good, bad } = sessions;
    if (good === undefined || bad === undefined) throw new Error('unreachable');
    let goodEnded = false;
    void good.session.closed.then(() => (goodEnded = true));

    await node('controller/main.ts', 'agents', 'revoke', 'bad', '--data', data);
    const startedMs = performance.now();
    await bad.session.closed;
    const cutMs = performance.now() - startedMs;
    t.ok(cutMs < 2_000, `cut after ${cutMs.toFixed(0)} ms`);

    const before = readFileSync(join(files, 'revoked.crl'), 'utf8');
    const fetched = await run('sh', [join(files, 'fetch-revoked'), `127.0.0.1:${agentsPort}`, 'kill', '-HUP', String(mosquitto.pid)]);
    t.equal(fetched.stderr, '');
    t.not(readFileSync(join(files, 'revoked.crl'), 'utf8'), before, 'another list');
    await delay(300); // a signal is answered when it is answered
    await t.rejects(bad.connect(), /revoked/, 'no new session');
    t.notOk(goodEnded, 'another agent keeps its session');
    const again = await good.connect();
    await again.close();

    await run('sh', [join(files, 'fetch-revoked'), `127.0.0.1:${agentsPort}`, 'false']);
    t.pass('the same list once more reloads nothing');
  },
);
