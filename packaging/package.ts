import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Bundle, bundleProgram } from './build/bundle.ts';
import { debianChangelog } from './build/changelog.ts';
import { addControl, dependsOn, type PackLevel, packDeb } from './build/deb.ts';
import { makeExecutable } from './build/executable.ts';
import { type Inventory, licencesOf, takeInventory } from './build/inventory.ts';
import { compileAddon, neededBy, nodeFolder, stripNode, type Target, TARGETS } from './build/target.ts';
import { installBuildTools } from './build/tools.ts';
import { layOut, packTarball, settle, writeOverrides } from './build/tree.ts';
import { MAINTAINER, PROGRAMS, type Program, wordsOf } from './build/words.ts';

// npm run package: bundles both programs, puts each into the pinned Node, and packs what a host gets: .deb, tarball, checksums, bill of materials.
// The same source gives the same bytes: nothing in it knows the time, the user, or where it was built.

const root = resolve(import.meta.dirname, '..');
const { values: flags } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true, default: TARGETS.map(({ arch }) => arch) },
    output: { type: 'string', default: join(root, 'dist') },
    version: { type: 'string' },
    fast: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const USAGE = `npm run package [-- --arch x64] [--arch arm64] [--output DIR] [--version 1.2.3] [--fast]

Builds sonde-agent and sonde-controller as single executables, and packs them: .deb, tarball, SHA256SUMS and an SPDX bill of materials in dist/.
--fast packs them lightly and makes no tarball, for tests.`;

interface Build {
  readonly output: string;
  readonly work: string;
  readonly version: string;
  /** Of the source's last commit: the one time that goes into the packages. */
  readonly atS: number;
  readonly level: PackLevel;
}

const steps = { done: 0, all: 0 };
const step = <T>(what: string, work: () => T): T => {
  steps.done += 1;
  const width = 24;
  const bar = '█'.repeat(Math.round((steps.done / steps.all) * width)).padEnd(width, '░');
  console.log(`${bar} ${String(steps.done).padStart(2)}/${steps.all}  ${what}`);
  return work();
};

const main = async (): Promise<void> => {
  if (flags.help) return console.log(USAGE);
  const targets = TARGETS.filter(({ arch }) => flags.arch.includes(arch));
  if (targets.length !== flags.arch.length) throw new Error(`--arch: there is ${TARGETS.map(({ arch }) => arch).join(' and ')}`);
  steps.all = 4 + targets.length * (flags.fast ? 6 : 7);
  const output = resolve(flags.output);
  const build: Build = {
    output,
    work: join(output, 'build'),
    version: flags.version ?? manifestVersion(),
    atS: sourceTime(),
    level: flags.fast ? 'fast' : 'best',
  };
  rmSync(output, { recursive: true, force: true });
  mkdirSync(build.work, { recursive: true });
  step('tools of the build', () => installBuildTools(targets));
  const bundles: Record<Program, Bundle> = {
    agent: await step('bundle the agent', () => bundleProgram(root, 'agent', join(build.work, 'agent'))),
    controller: await step('bundle the controller with the web admin', () =>
      bundleProgram(root, 'controller', join(build.work, 'controller')),
    ),
  };
  const inventories = Object.fromEntries(
    PROGRAMS.map((program) => {
      const product = { name: `sonde-${program}`, version: build.version, atS: build.atS };
      const inventory = takeInventory(root, product, bundles[program].packages);
      writeFileSync(join(output, `sonde-${program}-${build.version}.spdx.json`), inventory.spdx);
      return [program, inventory];
    }),
  );
  for (const target of targets) await buildTarget(build, target, bundles, inventories);
  step('checksums, and the packages that a controller hands out', () => {
    packForController(build, targets);
    writeSums(output);
  });
  rmSync(build.work, { recursive: true });
  console.log(`\n${readFileSync(join(output, 'SHA256SUMS'), 'utf8').trim()}\n\nin ${output}`);
};

const buildTarget = async (
  build: Build,
  target: Target,
  bundles: Readonly<Record<Program, Bundle>>,
  inventories: Readonly<Record<string, Inventory>>,
): Promise<void> => {
  const { output, work, version, atS } = build;
  const folder = step(`${target.arch}: the pinned Node`, () => nodeFolder(root, target, work));
  const node = join(work, `node-${target.arch}`);
  const addon = join(work, `raw-${target.arch}.node`);
  step(`${target.arch}: strip it, and compile raw-socket's addon`, () => {
    stripNode(target, folder, node);
    compileAddon(root, target, folder, addon);
  });
  const trees: string[] = [];
  for (const program of PROGRAMS) {
    const executable = join(work, `sonde-${program}-${target.arch}`);
    step(`${target.arch}: sonde-${program} as one executable`, () =>
      makeExecutable(program, target, { bundle: bundles[program], addon: program === 'agent' ? addon : null, node, output: executable }),
    );
    const tree = join(work, target.arch, `sonde-${program}`);
    const inventory = inventories[program];
    if (inventory === undefined) throw new Error(`no inventory of ${program}`);
    const words = wordsOf(root, program, { version, atS });
    layOut(
      { ...words, root, program, executable, addon: program === 'agent' ? addon : null, inventory, licences: licencesOf(inventory) },
      tree,
    );
    trees.push(tree);
    step(`${target.arch}: sonde-${program} as .deb`, () => {
      const packed = `${tree}.deb-tree`;
      cpSync(tree, packed, { recursive: true, verbatimSymlinks: true });
      const fields = {
        ...words.fields,
        name: `sonde-${program}`,
        version,
        architecture: target.debian,
        depends: dependsOn(neededBy(node)),
      };
      addControl(packed, fields, join(root, 'packaging/deb', `sonde-${program}`));
      settle(packed, atS);
      packDeb(packed, join(output, `sonde-${program}_${version}_${target.debian}.deb`), atS, build.level);
    });
  }
  if (build.level === 'fast') return;
  step(`${target.arch}: tarball`, () => {
    const name = `sonde-${version}-linux-${target.arch}`;
    for (const tree of trees) cpSync(tree, join(work, target.arch, name), { recursive: true, verbatimSymlinks: true });
    settle(join(work, target.arch, name), atS);
    packTarball(join(work, target.arch), name, join(output, `${name}.tar.xz`), atS, build.level);
  });
};

/** The agents' packages in one of their own, for the host of a controller: from there its installer takes them. */
const packForController = ({ output, work, version, atS }: Build, targets: readonly Target[]): void => {
  const tree = join(work, 'sonde-agent-packages');
  const to = join(tree, 'usr/share/sonde/packages');
  mkdirSync(to, { recursive: true });
  for (const { debian } of targets) {
    const name = `sonde-agent_${version}_${debian}.deb`;
    cpSync(join(output, name), join(to, name));
  }
  const doc = join(tree, 'usr/share/doc/sonde-agent-packages');
  mkdirSync(doc, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(doc, 'copyright'));
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const entry = debianChangelog(changes, { name: 'sonde-agent-packages', version, atS, maintainer: MAINTAINER });
  writeFileSync(join(doc, 'changelog.gz'), gzipSync(entry, { level: 9 }));
  writeOverrides(tree, 'sonde-agent-packages', ['bogus-mail-host']);
  addControl(
    tree,
    {
      name: 'sonde-agent-packages',
      version,
      architecture: 'all',
      depends: [],
      description: [
        "Sonde agent's packages, for a controller to hand out",
        'With this beside sonde-controller, its one-line installer serves new agents from the controller itself: no other server is needed.',
      ],
      maintainer: MAINTAINER,
    },
    null,
  );
  settle(tree, atS);
  packDeb(tree, join(output, `sonde-agent-packages_${version}_all.deb`), atS, 'none');
};

const writeSums = (output: string): void => {
  const files = globSync('*.{deb,xz,json}', { cwd: output }).toSorted();
  const lines = files.map(
    (file) =>
      `${createHash('sha256')
        .update(readFileSync(join(output, file)))
        .digest('hex')}  ${file}\n`,
  );
  writeFileSync(join(output, 'SHA256SUMS'), lines.join(''));
};

const manifestVersion = (): string => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

/** SOURCE_DATE_EPOCH, or the last commit's; a tree without git has the changelog's. */
const sourceTime = (): number => {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined) return Number(given);
  if (!existsSync(join(root, '.git'))) return 1_700_000_000;
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }));
};

await main();
