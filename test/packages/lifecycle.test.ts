import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { SNMPD, whyWithout } from '../helpers/snmpd.ts';
import { buildPackages, nextVersion } from './built.ts';
import { bootMachine, type Machine, pristineRoot, whyNoMachine } from './machine.ts';

// What a host goes through, in a booted Debian of its own: controller installed, agent installed by its line, measured, upgraded, removed, purged.

t.setTimeout(1_500_000);
const skip = whyNoMachine() ?? false;

const find = (folder: string, name: string, version = '*'): string =>
  join(folder, `${name}_${version === '*' ? '0.1.0' : version}_amd64.deb`);

const eventually = async (machine: Machine, line: string, wanted: RegExp, seconds: number): Promise<string> => {
  const until = performance.now() + seconds * 1_000;
  for (;;) {
    const { output } = await machine.run(line);
    if (wanted.test(output)) return output;
    if (performance.now() > until)
      throw new Error(`${line}: never ${wanted}\n${output}\n${(await machine.run('journalctl --no-pager -n 40 -o cat')).output}`);
    await delay(500);
  }
};

const exposureIn = (text: string): number => Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);

/** Units of daemons that run on such hosts too, as Debian ships them; none where Debian cannot be reached. */
const unitsOfOthers = (folder: string): readonly (readonly [name: string, unit: string])[] => {
  const names = ['chrony', 'mosquitto', 'prometheus-node-exporter'];
  mkdirSync(folder);
  const { status } = spawnSync('apt-get', ['download', ...names], { cwd: folder, stdio: 'ignore' });
  if (status !== 0) return [];
  for (const deb of globSync('*.deb', { cwd: folder })) spawnSync('dpkg-deb', ['-x', deb, '.'], { cwd: folder });
  return names.map((name) => [name, join(folder, `lib/systemd/system/${name}.service`)]);
};

/** Everything on the disk of which a package could be the reason. */
const inventory = async (machine: Machine): Promise<string[]> =>
  (await machine.must('find /etc /usr /var/lib /opt -xdev \\( -type f -o -type d -o -type l \\) -print; getent passwd; getent group'))
    .split('\n')
    .filter((line) => /sonde/.test(line) && !/^\/var\/lib\/(dpkg|apt|systemd\/deb-systemd)/.test(line))
    .toSorted();

t.test('packages: from a bare Debian to rounds on the controller, and away again', { skip }, async (t) => {
  const work = mkdtempSync(join(tmpdir(), 'sonde-packages-'));
  t.teardown(() => rmSync(work, { recursive: true, force: true }));
  const built = buildPackages('x64', work);
  await using machine = await bootMachine(
    'sonde-life',
    pristineRoot('amd64', (line) => t.comment(line)),
  );
  const version = '0.1.0';
  for (const deb of [
    `sonde-controller_${version}_amd64.deb`,
    `sonde-agent-packages_${version}_all.deb`,
    `sonde-agent_${version}_amd64.deb`,
  ])
    machine.put(join(built, deb), `root/${deb}`);
  t.same(await inventory(machine), []);

  await t.test('the controller starts by itself and prints its set-up URL', async (t) => {
    const said = await machine.must(
      'apt-get install -y --no-install-recommends /root/sonde-controller_*.deb /root/sonde-agent-packages_*.deb 2>&1',
    );

    t.match(said, /Make the first admin, once, within 24 hours: http:\/\/127\.0\.0\.1:8080\/setup\?token=[0-9a-f]+/);
    const url = /http:\S+token=\S+/.exec(said)?.[0] ?? '';
    t.match((await machine.run(`curl -s ${url}`)).output, /<!doctype html>/i, 'the page is there');
    t.equal((await machine.run('sonde-controller doctor --json')).status, 0);
    t.match(await machine.must('systemctl show -p NRestarts -p StatusText sonde-controller'), /NRestarts=0/);
  });

  await t.test('the agent comes by one line from the controller, whose key is pinned, and its rounds arrive within a minute', async (t) => {
    await machine.must('sonde-controller targets add 127.0.0.2 --id two --interval 1s --count 1');
    const created = await machine.must('sonde-controller token create --json');
    const { token, command }: { token: string; command: string } = JSON.parse(created);
    const [, pin = ''] = /--pinnedpubkey (\S+)/.exec(command) ?? [];
    await machine.must(`umask 077; echo ${token} > /root/token`);
    const line = (options: string, key = pin): string =>
      `curl -fsSLk --pinnedpubkey '${key}' https://127.0.0.1:8883/install.sh | sh -s -- ${options}`;

    const wrong = await machine.run(`curl -fsSLk --pinnedpubkey 'sha256//${'A'.repeat(43)}=' https://127.0.0.1:8883/install.sh`);
    t.not(wrong.status, 0, 'a wrong pin is refused');
    t.match(wrong.output, /public key/i);
    const dry = await machine.must(line('--dry-run --token-file /root/token'));
    t.match(dry, /would download: .*sonde-agent_0\.1\.0_amd64\.deb \(sha256 [0-9a-f]{64}\)/);
    t.match(dry, /would run: sonde-agent register 127\.0\.0\.1:8883/);
    t.equal((await machine.run('test -e /usr/bin/sonde-agent')).status, 1, 'a dry run installs nothing');

    const startedAt = performance.now();
    const said = await machine.must(line('--token-file /root/token --name edge --label tier=edge'), 300_000);
    t.match(said, /✔ service: sonde-agent runs/);
    await eventually(machine, 'sonde-controller targets list --json', /"answered": true/, 90);
    const seconds = (performance.now() - startedAt) / 1_000;
    t.comment(`install to first round on the controller: ${seconds.toFixed(1)} s`);
    t.ok(seconds < (process.env['CI'] === undefined ? 90 : 180), `${seconds.toFixed(1)} s`);
    t.equal((await machine.run('sonde-agent doctor --json')).status, 0);
    t.match(await machine.must('sonde-agent config show'), /data +\/var\/lib\/sonde-agent +default/);
  });

  await t.test('the services stay within what their units allow, and systemd hears from them', async (t) => {
    for (const [unit, most] of [
      ['sonde-agent', 1.6],
      ['sonde-controller', 1.1],
    ] as const) {
      const exposure = exposureIn(await machine.must(`systemd-analyze security --no-pager ${unit}`));
      t.ok(exposure <= most, `${unit}: ${exposure}, at most ${most}`);
      await eventually(machine, `systemctl show -p WatchdogTimestampMonotonic ${unit}`, /=[1-9]\d*/, 60);
    }
    for (const [name, unit] of unitsOfOthers(join(work, 'others'))) {
      machine.put(unit, `root/units/${basename(unit)}`);
      const text = await machine.run(`systemd-analyze security --no-pager --offline=true /root/units/${basename(unit)}`);
      t.comment(`exposure of Debian's ${name}: ${exposureIn(text.output)}`);
    }
    t.match(await machine.must('grep -h CapBnd /proc/$(systemctl show -P MainPID sonde-agent)/status'), /0000000000002000/);
    t.match(await machine.must('grep -h CapBnd /proc/$(systemctl show -P MainPID sonde-controller)/status'), /0000000000000000/);
    await eventually(machine, 'systemctl show -P StatusText sonde-agent', /^connected, 1\.0 packets\/s/, 60);
  });

  await t.test('under these limits the agent looks at its own machine, and polls by SNMP', { skip: whyWithout(SNMPD) }, async (t) => {
    const ask = (path: string): string => `curl -sf --unix-socket /var/lib/sonde-controller/controller.sock http://localhost/api/v1${path}`;
    const snmpd = join(work, 'snmpd.conf');
    writeFileSync(snmpd, 'agentAddress udp:127.0.0.1:1161\nrocommunity public\n');
    const device = machine.beside([SNMPD, '-f', '-Lo', '-C', '-c', snmpd, '-p', join(work, 'snmpd.pid')]);
    t.teardown(() => device.kill('SIGKILL'));
    const input = {
      id: 'own',
      name: 'own',
      address: '127.0.0.1',
      port: 1_161,
      agent: 'edge',
      access: { version: '2c' },
      secrets: { community: 'public' },
    };
    await machine.must(`${ask('/devices')} -H 'content-type: application/json' -d '${JSON.stringify(input)}'`);

    t.match(await eventually(machine, ask('/agents/edge/interfaces'), /"name":"lo"/, 60), /"failure":null/);
    t.match(await eventually(machine, ask('/agents/edge/sockets'), /8883/, 60), /"failure":null/);
    t.match(await eventually(machine, ask('/agents/edge/host'), /Debian GNU/, 60), /"failure":null/);
    await eventually(machine, ask('/devices/own'), /Linux /, 60);
    t.match(await machine.must('systemctl show -p NRestarts sonde-agent'), /NRestarts=0/);
  });

  await t.test('elsewhere it comes as a tarball: no dpkg, no systemd', async (t) => {
    machine.clone(
      pristineRoot('amd64', (line) => t.comment(line)),
      'srv/other',
    );
    const other = (line: string): Promise<string> => machine.must(`chroot /srv/other sh -c '${line}'`, 300_000);
    await machine.must('mount -t proc proc /srv/other/proc && mount --bind /dev /srv/other/dev');
    await other('rm /usr/bin/dpkg /usr/bin/apt-get');
    const { token, command }: { token: string; command: string } = JSON.parse(await machine.must('sonde-controller token create --json'));
    const [, pin = ''] = /--pinnedpubkey (\S+)/.exec(command) ?? [];
    await machine.must(`umask 077; echo ${token} > /srv/other/root/token`);

    const said = await other(
      `curl -fsSLk --pinnedpubkey "${pin}" https://127.0.0.1:8883/install.sh | sh -s -- --token-file /root/token --name other`,
    );

    t.match(said, /✔ enrol: as "other"/);
    t.match(await other('sonde-agent doctor --json; true'), /"step":"broker","ok":true/);
    await machine.must('chroot /srv/other sonde-agent run >/dev/null 2>&1 & echo $! > /run/other.pid');
    await eventually(machine, 'sonde-controller agents list', /other +online/, 60);
    await machine.must('kill $(cat /run/other.pid); umount -l /srv/other/proc /srv/other/dev && rm -rf /srv/other');
    await machine.must('sonde-controller agents revoke other');
  });

  await t.test('an upgrade keeps the identity and a settings file that was edited', async (t) => {
    const identity = await machine.must('cat /var/lib/sonde-agent/identity.json');
    await machine.must('echo "log-level: warn" >> /etc/sonde/agent.yaml');
    const next = nextVersion(find(built, 'sonde-agent'), '0.1.1', 'etc/sonde/agent.yaml');
    t.teardown(() => rmSync(next));
    machine.put(next, `root/${basename(next)}`);

    await machine.must('DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold -i /root/sonde-agent_0.1.1_amd64.deb 2>&1');

    t.match(await machine.must('dpkg-query -W sonde-agent'), /0\.1\.1/);
    t.match(await machine.must('cat /etc/sonde/agent.yaml'), /log-level: warn/);
    t.match(await machine.must('sonde-agent config show'), /log-level +warn +\/etc\/sonde\/agent\.yaml/);
    t.equal(await machine.must('cat /var/lib/sonde-agent/identity.json'), identity);
    await eventually(machine, 'sonde-agent status', /, connected;/, 60);
  });

  await t.test('a backup of the running controller comes back, and the agent follows', async (t) => {
    await machine.must(
      'sonde-controller backup /root/fleet.tar.zst && systemctl stop sonde-controller && sonde-controller restore --force /root/fleet.tar.zst',
    );
    await machine.must('rm -rf /var/lib/sonde-controller/before-restore-* && systemctl start sonde-controller', 180_000);

    t.equal(
      await machine.must('stat -c %U:%a /root/fleet.tar.zst /var/lib/sonde-controller/control.db'),
      'root:600\nsonde-controller:600\n',
    );
    await eventually(machine, 'sonde-controller agents list', /edge +online/, 60);
    await eventually(machine, 'sonde-agent status', /configuration +2\./, 60);
  });

  await t.test('removed, the state stays; purged, nothing does', async (t) => {
    await machine.must('apt-get remove -y sonde-agent sonde-controller sonde-agent-packages 2>&1');
    t.equal((await machine.run('test -e /var/lib/sonde-agent/identity.json && test -e /var/lib/sonde-controller/control.db')).status, 0);
    t.equal((await machine.run('pgrep -f ^/usr/bin/sonde-')).status, 1, 'nothing runs any more');

    await machine.must('apt-get purge -y sonde-agent sonde-controller sonde-agent-packages 2>&1');

    t.same(await inventory(machine), []);
  });
});
