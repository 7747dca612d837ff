import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const COLLECTD = '/usr/sbin/collectd';

export interface Collectd extends AsyncDisposable {
  readonly pid: number;
}

const IF = '.1.3.6.1.2.1.2.2.1';
const IFX = '.1.3.6.1.2.1.31.1.1.1';
/** What its documentation shows for ports: octets, packets, errors and discards, each with the port's name. */
const DATA: readonly (readonly [name: string, type: string, ins: string, outs: string])[] = [
  ['octets', 'if_octets', `${IFX}.6`, `${IFX}.10`],
  ['packets', 'if_packets', `${IFX}.7`, `${IFX}.11`],
  ['multicast', 'if_packets', `${IFX}.8`, `${IFX}.12`],
  ['broadcast', 'if_packets', `${IFX}.9`, `${IFX}.13`],
  ['errors', 'if_errors', `${IF}.14`, `${IF}.20`],
  ['discards', 'if_dropped', `${IF}.13`, `${IF}.19`],
];

/** Debian's collectd with its snmp plugin and nothing that writes, polling these ports of loopback. `bulkSize` 0: as it is by default. */
export const startCollectd = async (ports: readonly number[], intervalS: number, bulkSize: number): Promise<Collectd> => {
  if (!existsSync(COLLECTD)) throw new Error(`${COLLECTD} is not installed: apt-get install collectd-core`);
  const directory = mkdtempSync(join(tmpdir(), 'sonde-collectd-'));
  const data = DATA.map(
    ([name, type, ins, outs]) =>
      `  <Data "${name}">\n    Type "${type}"\n    Table true\n    TypeInstanceOID "${IFX}.1"\n    PluginInstance "${name}"\n    Values "${ins}" "${outs}"\n  </Data>`,
  );
  const hosts = ports.map(
    (port, i) =>
      `  <Host "device${i}">\n    Address "127.0.0.1:${port}"\n    Version 2\n    Community "public"\n    Collect ${DATA.map(([name]) => `"${name}"`).join(' ')}\n    Interval ${intervalS}\n${bulkSize > 0 ? `    BulkSize ${bulkSize}\n` : ''}  </Host>`,
  );
  const config = [
    `BaseDir "${directory}"`,
    `PIDFile "${directory}/pid"`,
    `Interval ${intervalS}`,
    'TypesDB "/usr/share/collectd/types.db"',
    'LoadPlugin snmp',
    '<Plugin snmp>',
    ...data,
    ...hosts,
    '</Plugin>',
  ];
  writeFileSync(join(directory, 'collectd.conf'), `${config.join('\n')}\n`);
  const child: ChildProcess = spawn(COLLECTD, ['-f', '-C', join(directory, 'collectd.conf')], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, MIBS: '' },
  });
  await once(child, 'spawn');
  return {
    pid: child.pid ?? -1,
    [Symbol.asyncDispose]: async () => {
      const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
      child.kill('SIGKILL');
      await exit;
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
