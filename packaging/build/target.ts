import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What is built for: Node's name, Debian's name, and the prefix of the tools that make its binaries. */
export interface Target {
  readonly arch: 'x64' | 'arm64';
  readonly debian: 'amd64' | 'arm64';
  readonly tools: string;
}

export const TARGETS: readonly Target[] = [
  { arch: 'x64', debian: 'amd64', tools: 'x86_64-linux-gnu-' },
  { arch: 'arm64', debian: 'arm64', tools: 'aarch64-linux-gnu-' },
];

/** Debian packages without which a target cannot be built here, and a file that shows that each is there. */
export const buildPackages = ({ arch }: Target): readonly (readonly [name: string, file: string])[] =>
  arch === process.arch
    ? [
        ['g++', '/usr/bin/g++'],
        ['binutils', '/usr/bin/strip'],
      ]
    : arch === 'arm64'
      ? [['g++-aarch64-linux-gnu', '/usr/bin/aarch64-linux-gnu-g++']]
      : [['g++-x86-64-linux-gnu', '/usr/bin/x86_64-linux-gnu-g++']];

const tool = ({ arch, tools }: Target, name: string): string => (arch === process.arch ? name : `${tools}${name}`);

/** The folder of the pinned Node for the target: npm installs only this host's, the other one comes by `npm pack`, checked against the lockfile. */
export const nodeFolder = (root: string, { arch }: Target, directory: string): string => {
  const name = `node-linux-${arch}`;
  const installed = join(root, 'node_modules', name);
  if (existsSync(join(installed, 'bin/node'))) return installed;
  const folder = join(directory, name);
  if (existsSync(join(folder, 'bin/node'))) return folder;
  const lock: { packages: Record<string, { version: string; integrity?: string }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const entry = lock.packages[`node_modules/${name}`];
  if (entry === undefined) throw new Error(`package-lock.json does not name ${name}: npm run lock`);
  mkdirSync(folder, { recursive: true });
  const said: { filename: string; integrity: string }[] = JSON.parse(
    execFileSync('npm', ['pack', `${name}@${entry.version}`, '--json', '--pack-destination', directory], { cwd: root, encoding: 'utf8' }),
  );
  const [packed] = said;
  if (packed === undefined) throw new Error(`npm pack ${name} gave nothing`);
  if (entry.integrity !== undefined && entry.integrity !== packed.integrity)
    throw new Error(`${name}@${entry.version} is ${packed.integrity}, the lockfile says ${entry.integrity}`);
  const unpacking = `${folder}.unpacking`;
  rmSync(unpacking, { recursive: true, force: true });
  mkdirSync(unpacking);
  execFileSync('tar', ['-xzf', join(directory, packed.filename), '-C', unpacking, '--strip-components=1']);
  rmSync(join(directory, packed.filename));
  rmSync(folder, { recursive: true, force: true });
  renameSync(unpacking, folder);
  return folder;
};

/** Node without its symbols, a third smaller. Before anything is put into it: stripping afterwards breaks it. */
export const stripNode = (target: Target, folder: string, to: string): void => {
  copyFileSync(join(folder, 'bin/node'), to);
  chmodSync(to, 0o755);
  execFileSync(tool(target, 'strip'), ['--strip-all', '--remove-section=.comment', to]);
};

/** raw-socket's one C++ file, with our batches of packets before it, against the headers of the Node that will load it: as packaging/node.sh does. */
export const compileAddon = (root: string, target: Target, folder: string, to: string): void => {
  const headers = existsSync(join(folder, 'include/node')) ? folder : join(root, 'node_modules', `node-linux-${process.arch}`);
  const modules = join(root, 'node_modules');
  const language = [
    '-shared',
    '-fPIC',
    '-O2',
    '-std=gnu++20',
    '-w',
    '-fno-rtti',
    '-DBUILDING_NODE_EXTENSION',
    '-DNODE_GYP_MODULE_NAME=raw',
  ];
  const linking = ['-s', '-static-libgcc', '-Wl,-z,relro,-z,now', '-Wl,--build-id=none', `-ffile-prefix-map=${root}=.`];
  const folders = [`-I${join(headers, 'include/node')}`, `-I${join(modules, 'nan')}`, '-include', join(root, 'packaging/packet-batches.h')];
  execFileSync(tool(target, 'g++'), [...language, ...linking, ...folders, join(modules, 'raw-socket/src/raw.cc'), '-o', to]);
};

/** Shared libraries that the file asks for. */
export const neededBy = (file: string): readonly string[] =>
  [...execFileSync('readelf', ['-d', file], { encoding: 'utf8' }).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = '']) => name);
