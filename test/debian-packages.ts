import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync, rmSync } from 'node:fs';

/** The real parts that the tests start themselves, and the command that shows that each is there. */
const PACKAGES: readonly (readonly [name: string, file: string])[] = [
  ['iproute2', '/sbin/ip'],
  ['nftables', '/usr/sbin/nft'],
  ['tcpdump', '/usr/bin/tcpdump'],
  ['mosquitto', '/usr/sbin/mosquitto'],
  ['chromium', '/usr/bin/chromium'],
  ['curl', '/usr/bin/curl'],
  ['prometheus', '/usr/bin/promtool'],
  ['prometheus-alertmanager', '/usr/bin/amtool'],
  ['influxdb', '/usr/bin/influxd'],
  ['victoria-metrics', '/usr/bin/victoria-metrics'],
  ['fping', '/usr/bin/fping'],
  ['snmpd', '/usr/sbin/snmpd'],
  ['snmp', '/usr/bin/snmpbulkwalk'],
  ['snmpsim', '/usr/bin/snmpsimd'],
  ['collectd-core', '/usr/sbin/collectd'],
  ['liboping0', '/usr/lib/x86_64-linux-gnu/liboping.so.0'], // collectd's ping plugin
  ['faketime', '/usr/bin/faketime'],
  ['debootstrap', '/usr/sbin/debootstrap'],
  ['systemd-container', '/usr/bin/systemd-nspawn'],
  ['lintian', '/usr/bin/lintian'],
];
const POLICY = '/usr/sbin/policy-rc.d';

/** As root or with CI=true: installs what is missing without letting a daemon start. Otherwise names it; the tests that need it skip, counted. */
export const installDebianPackages = async (): Promise<void> => {
  const missing = PACKAGES.filter(([, file]) => !existsSync(file)).map(([name]) => name);
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const mayInstall = process.getuid?.() === 0 || process.env['CI'] === 'true';
  if (!mayInstall || !existsSync('/etc/debian_version')) {
    console.log(`missing, so the tests that need them skip: ${missing.join(', ')}. As root: apt-get update && ${line}`);
    return;
  }
  console.log(`installing from Debian: ${missing.join(', ')}`);
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 }); // 101: no service may start (invoke-rc.d)
  try {
    const result = spawnSync('sh', ['-c', `apt-get update -qq && ${line} -qq`], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
    if (result.status !== 0) console.log(`could not install them; the tests that need them skip:\n${result.stderr.slice(-1_000)}`);
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
};
