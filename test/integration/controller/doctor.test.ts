import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { hasNetRaw } from '../../../agent/capability.ts';
import type { Step } from '../../../protocol/steps.ts';
import { freePort } from '../../helpers/free-port.ts';

// Both doctors over the real programs: the whole list, and for each thing that is broken its step, its fix and its exit code.

const ROOT = resolve(import.meta.dirname, '../../..');
t.setTimeout(180_000);

const start = (program: 'agent' | 'controller', words: readonly string[], input = ''): ChildProcess => {
  const child = spawn(process.execPath, [`${program}/main.ts`, ...words], { cwd: ROOT, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin?.end(input);
  return child;
};
const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};
const said = async (child: ChildProcess): Promise<string> => {
  const [out] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'close')]);
  return out;
};

interface Examined {
  readonly code: number | null;
  readonly steps: readonly Step[];
  readonly failed: readonly Step[];
}
const doctor = async (program: 'agent' | 'controller', words: readonly string[]): Promise<Examined> => {
  const child = start(program, ['doctor', '--json', ...words]);
  const { steps }: { steps: readonly Step[] } = JSON.parse(await said(child));
  return { code: child.exitCode, steps, failed: steps.filter(({ ok }) => !ok) };
};

t.test('both doctors: the whole list on a fleet that works, and the step, the fix and the exit code of what does not', async (t) => {
  await using stack = new AsyncDisposableStack();
  const work = mkdtempSync(join(tmpdir(), 'sonde-doctor-'));
  stack.defer(() => rmSync(work, { recursive: true, force: true }));
  const [data, own] = [join(work, 'controller'), join(work, 'agent')];
  const [http, mqtt] = [String(await freePort()), String(await freePort())];
  const config = join(work, 'controller.yaml');
  writeFileSync(config, `http: ${http}\nmqtt: ${mqtt}\n`);
  const flags = ['--data', data, '--config', config];
  const firstIs = async (what: string, step: string, code: number, fix: RegExp): Promise<void> => {
    const { failed, ...rest } = await doctor('controller', flags);
    t.match({ code: rest.code, first: failed[0] }, { code, first: { step, fix } }, what);
  };

  await firstIs('never started', 'data', 78, /start it once/);
  const controller = start('controller', ['run', ...flags, '--json']);
  stack.defer(() => end(controller));
  if (controller.stdout !== null) await once(controller.stdout, 'data');
  const well = await doctor('controller', flags);
  t.same(well.failed, []);
  t.equal(well.code, 0);
  t.same(
    well.steps.map(({ step }) => step),
    [
      'data',
      'authority',
      'signing',
      'clock',
      'disk',
      'controller',
      'web admin',
      'agents',
      'broker',
      'DNS',
      'arrival log',
      'store',
      'installer',
    ],
  );

  await t.test('agent', { skip: hasNetRaw() ? false : 'needs CAP_NET_RAW' }, async (t) => {
    const none = await doctor('agent', ['--data', own, '--limits', join(own, 'limits.yaml')]);
    t.match(none, {
      code: 78,
      failed: [
        { step: 'enrolled', fix: /register/ },
        { step: 'guard rails', fix: /limits/ },
      ],
    });
    const token = await said(start('controller', ['token', 'create', '--data', data]));
    const limits = ['--data', own, '--limits', join(own, 'limits.yaml')];
    await said(start('agent', ['register', `127.0.0.1:${mqtt}`, '--token-file', '-', '--name', 'well', ...limits], token.trim()));
    const fine = await doctor('agent', limits);
    t.same(fine.failed, []);
    t.equal(
      fine.steps.map(({ step }) => step).join(', '),
      'enrolled, capability, ICMP IPv4, ICMP IPv6, guard rails, host clock, keys, certificate, disk, spool, DNS, port, broker, clock',
    );
    chmodSync(join(own, 'agent.key'), 0o644);
    chmodSync(join(own, 'limits.yaml'), 0o666);
    const open = await doctor('agent', limits);
    t.match(open, {
      code: 78,
      failed: [
        { step: 'guard rails', fix: /chmod go-w/ },
        { step: 'keys', fix: /chmod 600/ },
      ],
    });
    chmodSync(join(own, 'agent.key'), 0o600);
    chmodSync(join(own, 'limits.yaml'), 0o644);
    await end(controller);
    const alone = await doctor('agent', limits);
    t.match(alone, {
      code: 69,
      failed: [
        { step: 'port', fix: /TCP/ },
        { step: 'broker', fix: /running/ },
      ],
    });
  });
  await end(controller);

  await firstIs('stopped', 'controller', 69, /npm start|systemctl/);
  chmodSync(data, 0o755);
  await firstIs('its directory is open', 'data', 78, /chmod 700/);
  chmodSync(data, 0o700);
  renameSync(join(data, 'keys/signing.key'), join(work, 'signing.key'));
  await firstIs('a key is gone', 'signing', 78, /backup/);
  renameSync(join(work, 'signing.key'), join(data, 'keys/signing.key'));
  writeFileSync(join(data, 'series.db'), 'no database'.repeat(1_000));
  const damaged = await doctor('controller', flags);
  t.match(
    damaged.failed.find(({ step }) => step === 'store'),
    { fix: /restore/ },
  );
});
