import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findMember, openPackages } from '../../../../controller/install/packages.ts';
import { installerScript } from '../../../../controller/install/script.ts';

/** A real .deb with one small file. */
const makeDeb = (folder: string, version: string): string => {
  const tree = join(folder, `tree-${version}`);
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  writeFileSync(join(tree, 'usr/bin/sonde-agent'), '#!/bin/sh\n');
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    `Package: sonde-agent\nVersion: ${version}\nArchitecture: amd64\nMaintainer: a <a@b.invalid>\nDescription: x\n`,
  );
  const output = join(folder, `sonde-agent_${version}_amd64.deb`);
  execFileSync('dpkg-deb', ['-Zxz', '--root-owner-group', '-b', tree, output], { stdio: 'ignore' });
  return output;
};

t.test('packages: the newest version, with its checksum; its tarball is the part of the .deb that holds the files', async (t) => {
  const folder = t.testdir();
  makeDeb(folder, '0.9.1');
  const newest = makeDeb(folder, '0.10.0');

  const [found, ...others] = await openPackages(folder)();

  t.same(others, []);
  t.match(found, { architecture: 'amd64', version: '0.10.0', deb: { name: 'sonde-agent_0.10.0_amd64.deb', path: newest } });
  t.equal(found?.deb.sha256, createHash('sha256').update(readFileSync(newest)).digest('hex'));
  const { offset = 0, sizeBytes = 0, sha256 } = found?.tarball ?? {};
  const tarball = readFileSync(newest).subarray(offset, offset + sizeBytes);
  t.equal(sha256, createHash('sha256').update(tarball).digest('hex'));
  t.match(execFileSync('tar', ['-tJ'], { input: tarball, encoding: 'utf8' }), /\.\/usr\/bin\/sonde-agent\n/);
});

t.test('packages: a folder that is not there has none; what is no .deb is passed over', async (t) => {
  const folder = t.testdir({ 'sonde-agent_1_amd64.deb': 'not a package', 'other.deb': '' });

  t.same(await openPackages('/nowhere')(), []);
  t.same(await openPackages(folder)(), []);
  t.equal(await findMember(join(folder, 'sonde-agent_1_amd64.deb'), 'data.tar.xz'), null);
});

t.test('installer: the script has the address, the pin and the checksums in it, and a shell understands it', async (t) => {
  const file = { name: 'n', path: '/n', offset: 0, sizeBytes: 1, sha256: 'ab12' };
  const packages = [{ architecture: 'amd64' as const, version: '1.2.3', deb: file, tarball: file }];

  const script = installerScript({ controller: 'noc.example.net:8883', pin: 'sha256//abc=', packages });

  execFileSync('sh', ['-n'], { input: script });
  t.match(script, /^controller='noc\.example\.net:8883'$/m);
  t.match(script, /^pin='sha256\/\/abc='$/m);
  t.match(script, /amd64\) deb='n' deb_sum='ab12'/);
  t.notMatch(script, /@[A-Z]+@/);
});
