import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { buildPackages, type Target } from './target.ts';

const ALWAYS = [
  ['dpkg', '/usr/bin/dpkg-deb'],
  ['xz-utils', '/usr/bin/xz'],
] as const;

/** As root on Debian: installs what the build lacks. Otherwise throws with the line that does it. */
export const installBuildTools = (targets: readonly Target[]): void => {
  const missing = [...ALWAYS, ...targets.flatMap(buildPackages)].filter(([, file]) => !existsSync(file)).map(([name]) => name);
  if (missing.length === 0) return;
  const line = `apt-get update && apt-get install -y --no-install-recommends ${[...new Set(missing)].join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) throw new Error(`the build needs, as root: ${line}`);
  console.log(`  installing: ${line}`);
  const { status, stderr } = spawnSync('sh', ['-c', line], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`that failed:\n${stderr.slice(-2_000)}`);
};
