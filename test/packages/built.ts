import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Builds the packages of an architecture, lightly packed; their folder. SONDE_PACKAGES names one that is built already. */
export const buildPackages = (arch: 'x64' | 'arm64', to: string): string => {
  const given = process.env['SONDE_PACKAGES'];
  if (given !== undefined && existsSync(given)) return given;
  execFileSync('sh', ['packaging/node.sh', 'packaging/package.ts', '--fast', '--arch', arch, '--output', to], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return to;
};

/** The same package with another version, and one line more in a settings file of its own: what an upgrade brings. */
export const nextVersion = (deb: string, version: string, settingsFile: string): string => {
  const tree = mkdtempSync(join(tmpdir(), 'sonde-deb-'));
  execFileSync('dpkg-deb', ['-R', deb, tree]);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${version}`));
  const settings = join(tree, settingsFile);
  writeFileSync(settings, `${readFileSync(settings, 'utf8')}# new in ${version}\n`);
  const output = deb.replace(/_[^_]+_([^_]+\.deb)$/, `_${version}_$1`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '-b', tree, output], { stdio: 'ignore' });
  rmSync(tree, { recursive: true });
  return output;
};
