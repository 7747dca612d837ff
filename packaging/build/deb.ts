import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

export interface DebFields {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly depends: readonly string[];
  readonly recommends?: readonly string[];
  /** First line, then the paragraphs. */
  readonly description: readonly [string, ...string[]];
  readonly maintainer: string;
}

/** Debian's package of each library that Node asks for. */
const LIBRARY_PACKAGES: Readonly<Record<string, string>> = {
  'libatomic.so.1': 'libatomic1',
  'libstdc++.so.6': 'libstdc++6',
  'libgcc_s.so.1': 'libgcc-s1',
};
const LIBC = /^(libc|libm|libdl|libpthread|librt|ld-linux.*)\.so/;

/** Depends: of what an executable is linked to. Throws for a library that nobody has mapped yet. */
export const dependsOn = (libraries: readonly string[]): readonly string[] => {
  const others = libraries.filter((library) => !LIBC.test(library));
  const unknown = others.filter((library) => LIBRARY_PACKAGES[library] === undefined);
  if (unknown.length > 0) throw new Error(`which package of Debian has ${unknown.join(', ')}? Add it in packaging/build/deb.ts`);
  return ['libc6 (>= 2.28)', ...others.flatMap((library) => LIBRARY_PACKAGES[library] ?? [])];
};

/** Adds DEBIAN/ to the tree; `scripts` is the folder of the maintainer's scripts. */
export const addControl = (tree: string, fields: DebFields, scripts: string | null): void => {
  const control = join(tree, 'DEBIAN');
  mkdirSync(control, { recursive: true });
  const files = globSync('**', { cwd: tree, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(control))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const sizeKib = files.reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0);
  const relative = (file: string): string => file.slice(tree.length + 1);
  const sums = files.filter((file) => !relative(file).startsWith('etc/'));
  writeFileSync(
    join(control, 'md5sums'),
    sums.map((file) => `${createHash('md5').update(readFileSync(file)).digest('hex')}  ${relative(file)}\n`).join(''),
  );
  const conffiles = files.map(relative).filter((file) => file.startsWith('etc/'));
  if (conffiles.length > 0) writeFileSync(join(control, 'conffiles'), conffiles.map((file) => `/${file}\n`).join(''));
  writeFileSync(join(control, 'control'), controlOf(fields, sizeKib));
  if (scripts === null) return;
  for (const name of ['preinst', 'postinst', 'prerm', 'postrm']) {
    if (!existsSync(join(scripts, name))) continue;
    copyFileSync(join(scripts, name), join(control, name));
    chmodSync(join(control, name), 0o755);
  }
};

const controlOf = (
  { name, version, architecture, depends, recommends = [], description, maintainer }: DebFields,
  sizeKib: number,
): string => {
  const [summary, ...paragraphs] = description;
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${sizeKib}`,
    ...(depends.length === 0 ? [] : [`Depends: ${depends.join(', ')}`]),
    ...(recommends.length === 0 ? [] : [`Recommends: ${recommends.join(', ')}`]),
    'Section: net',
    'Priority: optional',
    `Description: ${summary}`,
    paragraphs.map((paragraph) => wrapped(paragraph)).join('\n .\n'),
    '',
  ].join('\n');
};

/** Lines of 78 after a space, as deb-control(5) wants them. */
export const wrapped = (text: string, width = 77): string =>
  text
    .split(' ')
    .reduce<string[]>((lines, word) => {
      const last = lines.at(-1);
      if (last !== undefined && last.length + word.length < width) lines.splice(-1, 1, `${last} ${word}`);
      else lines.push(` ${word}`);
      return lines;
    }, [])
    .join('\n');

/** `fast` is for tests: a fifth larger, in a fraction of the time; `none` for what is compressed already. */
export type PackLevel = 'best' | 'fast' | 'none';

/** The .deb of the tree: by dpkg-deb, with the time of the source, so that the same tree gives the same bytes. */
export const packDeb = (tree: string, output: string, atS: number, level: PackLevel): void => {
  const how = level === 'none' ? ['-Zgzip', '-z1'] : ['-Zxz', level === 'best' ? '-z6' : '-z1', '--threads-max=2'];
  execFileSync('dpkg-deb', ['--root-owner-group', ...how, '--build', tree, output], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(atS) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};
