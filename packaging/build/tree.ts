import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { PackLevel } from './deb.ts';
import type { Inventory } from './inventory.ts';
import { LIBRARY_FILES } from './plugin.ts';

/** What a package lays out on the host, whether as .deb or as tarball. */
export interface TreeParts {
  readonly root: string;
  readonly program: 'agent' | 'controller';
  readonly executable: string;
  /** null: the program needs none. */
  readonly addon: string | null;
  readonly manual: string;
  readonly completion: Readonly<Record<'bash' | 'zsh' | 'fish', string>>;
  /** Files below /etc/sonde, by name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly inventory: Inventory;
  /** Of Sonde. */
  readonly licence: string;
  /** Of everything that is inside. */
  readonly licences: string;
  readonly changelog: string;
}

/** Everything but the maintainer's scripts, below `to`. */
export const layOut = (parts: TreeParts, to: string): void => {
  const { root, program, inventory } = parts;
  const name = `sonde-${program}`;
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(join(to, dirname(path)), { recursive: true });
    writeFileSync(join(to, path), content);
  };
  const copy = (from: string, path: string, mode = 0o644): void => {
    mkdirSync(join(to, dirname(path)), { recursive: true });
    copyFileSync(from, join(to, path));
    chmodSync(join(to, path), mode);
  };
  // Everything that the executable looks for lies beside it; the command is a link to it.
  const home = `usr/lib/${name}`;
  copy(parts.executable, `${home}/${name}`, 0o755);
  if (parts.addon !== null) copy(parts.addon, `${home}/raw.node`);
  for (const { library, from } of LIBRARY_FILES)
    if (inventory.packages.some((one) => one.name === library))
      cpSync(join(root, 'node_modules', library, from), join(to, home, library, from), { recursive: true });
  mkdirSync(join(to, 'usr/bin'), { recursive: true });
  symlinkSync(`../lib/${name}/${name}`, join(to, 'usr/bin', name));

  copy(join(root, `systemd/${name}.service`), `usr/lib/systemd/system/${name}.service`);
  copy(join(root, `systemd/${name}.sysusers`), `usr/lib/sysusers.d/${name}.conf`);
  copy(join(root, `systemd/${name}.tmpfiles`), `usr/lib/tmpfiles.d/${name}.conf`);
  for (const [file, text] of Object.entries(parts.settings)) put(`etc/sonde/${file}`, text);
  put(`usr/share/man/man8/${name}.8.gz`, gzip(parts.manual));
  put(`usr/share/bash-completion/completions/${name}`, parts.completion.bash);
  put(`usr/share/zsh/vendor-completions/_${name}`, parts.completion.zsh);
  put(`usr/share/fish/vendor_completions.d/${name}.fish`, parts.completion.fish);
  put(`usr/share/doc/${name}/copyright`, copyrightOf(parts));
  put(`usr/share/doc/${name}/licences.gz`, gzip(parts.licences));
  put(`usr/share/doc/${name}/changelog.gz`, gzip(parts.changelog));
  writeOverrides(to, name, ['embedded-library', 'hardening-no-pie', 'bogus-mail-host']);
  put(`usr/share/doc/${name}/${name}.spdx.json.gz`, gzip(inventory.spdx));
};

const copyrightOf = ({ licence, program, inventory }: TreeParts): string =>
  `Sonde\n\n${licence}\nInside the executable are, each under its own licence, whose texts are in licences.gz beside this file (the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0 too):\n\n${inventory.packages
    .map((one) => `  ${one.name} ${one.version} (${one.licence})\n`)
    .join('')}\nThe bill of materials is sonde-${program}.spdx.json.gz.\n`;

/** Why lintian is wrong here: a Node of one's own is what makes a single executable, and there is nobody's mailbox behind a checkout. */
export const writeOverrides = (to: string, name: string, tags: readonly string[]): void => {
  mkdirSync(join(to, 'usr/share/lintian/overrides'), { recursive: true });
  writeFileSync(join(to, 'usr/share/lintian/overrides', name), tags.map((tag) => `${name}: ${tag} *\n`).join(''));
};

/** Without a time in it: the same text gives the same bytes. */
const gzip = (text: string): Uint8Array => gzipSync(text, { level: 9 });

/** The same modes and times for every build of the same source, whatever the umask and the day. */
export const settle = (directory: string, atS: number): void => {
  const paths = [directory, ...globSync('**/{*,.*}', { cwd: directory }).map((path) => join(directory, path))];
  for (const path of paths.toSorted().toReversed()) {
    const found = lstatSync(path);
    if (!found.isSymbolicLink()) chmodSync(path, found.isDirectory() || (found.mode & 0o100) !== 0 ? 0o755 : 0o644);
    lutimesSync(path, atS, atS);
  }
};

/** A tarball whose bytes depend on its files alone. */
export const packTarball = (directory: string, name: string, output: string, atS: number, level: PackLevel): void => {
  const sorted = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${atS}`, '--format=gnu'];
  execFileSync('tar', [...sorted, '-C', directory, '-I', level === 'best' ? 'xz -T2 -6' : 'xz -T2 -0', '-cf', output, name]);
  if (!existsSync(output)) throw new Error(`${output} was not written`);
};
