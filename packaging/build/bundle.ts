import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { argumentOf, findParts } from './parts.ts';
import { executablePlugin } from './plugin.ts';

export interface Bundle {
  /** The JavaScript that the executable starts with: it loads the program, or the part that the arguments name. */
  readonly main: string;
  /** Programs by their name as an asset, in the order of their weight: each may have a code cache beside it. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Other assets by name: the workers' texts, the web admin. */
  readonly assets: Readonly<Record<string, string>>;
  /** Packages of node_modules that went in, by their folder. */
  readonly packages: readonly string[];
}

const common = (root: string, processes: readonly string[] = []): BuildOptions & { metafile: true } => ({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node26',
  minify: true,
  lineLimit: 200, // an error shows its line
  legalComments: 'none',
  logLevel: 'error',
  metafile: true,
  plugins: [executablePlugin(root, processes)],
});

// Each process loads its own program and nothing of the others: what is in memory twice counts twice.
const scriptOptions = (root: string, processes: readonly string[]): BuildOptions & { metafile: true } => ({
  ...common(root, processes),
  format: 'cjs',
  banner: { js: '(function (require, module, exports, __sondeWorker) {' },
  footer: { js: '})' },
  define: { 'import.meta.dirname': '"/sonde"', 'import.meta.url': '"file:///sonde/program"' },
  supported: { 'dynamic-import': false },
});

const workerOptions = (root: string): BuildOptions & { metafile: true } => ({
  ...common(root),
  format: 'esm',
  banner: { js: `import { createRequire as __sondeRequire } from 'node:module';\nconst require = __sondeRequire(process.execPath);` },
});

/** Bundles a program with all of its parts into `directory`. */
export const bundleProgram = async (root: string, program: 'agent' | 'controller', directory: string): Promise<Bundle> => {
  mkdirSync(directory, { recursive: true });
  const { processes, workers } = findParts(root, [program, 'protocol']);
  const inputs: Metafile[] = [];
  const bundled = async (entry: string, options: BuildOptions & { metafile: true }, extension: string): Promise<string> => {
    const outfile = join(directory, `${entry.replaceAll('/', '-').replace(/\.ts$/, '')}.${extension}`);
    inputs.push((await build({ ...options, entryPoints: [entry], outfile })).metafile);
    return outfile;
  };
  const scripts: Record<string, string> = {};
  scripts['program'] = await bundled(`${program}/main.ts`, scriptOptions(root, processes), 'cjs');
  for (const part of processes) scripts[argumentOf(part)] = await bundled(part, scriptOptions(root, processes), 'cjs');
  const assets: Record<string, string> = {};
  for (const worker of workers) assets[worker] = await bundled(worker, workerOptions(root), 'mjs');
  if (program === 'controller') Object.assign(assets, await bundlePages(root, join(directory, 'web')));
  const main = join(directory, 'start.cjs');
  writeFileSync(main, startOf(processes.map(argumentOf)));
  return { main, scripts, assets, packages: packagesIn(inputs) };
};

/** Runs the part that the arguments name, or the program; from the code cache where there is one. */
const startOf = (parts: readonly string[]): string => `
const { getRawAsset, getAssetKeys } = require('node:sea');
const { createRequire } = require('node:module');
const { Script } = require('node:vm');
const words = process.argv.slice(1);
const name = ${JSON.stringify(parts)}.find((part) => words.includes(part)) ?? 'program';
const bytesOf = (asset) => Buffer.from(getRawAsset(asset));
const cachedData = getAssetKeys().includes(name + '.cache') ? bytesOf(name + '.cache') : undefined;
const script = new Script(bytesOf(name).latin1Slice(), { filename: 'sonde', cachedData });
const workerUrl = (part) => new URL('data:text/javascript;base64,' + bytesOf(part).toString('base64'));
script.runInThisContext()(createRequire(process.execPath), { exports: {} }, {}, workerUrl);
`;

/** The web admin's files as assets, and \`web.json\`, which names them and their types. */
const bundlePages = async (root: string, directory: string): Promise<Record<string, string>> => {
  const module: { bundleWeb(): Promise<Map<string, { body: Uint8Array; type: string }>> } = await import(
    join(root, 'controller/web/build.ts')
  );
  const files = await module.bundleWeb();
  mkdirSync(directory, { recursive: true });
  const assets: Record<string, string> = { 'web.json': join(directory, 'web.json') };
  writeFileSync(join(directory, 'web.json'), JSON.stringify(Array.from(files, ([path, { type }]) => [path, type])));
  for (const [path, { body }] of files) {
    assets[`web${path}`] = join(directory, path.replaceAll('/', '_'));
    writeFileSync(join(directory, path.replaceAll('/', '_')), path.endsWith('.js') ? asInstalled(body) : body);
  }
  return assets;
};

/** The pages tell people what to type: in the package it is the program's name. */
const asInstalled = (script: Uint8Array): string =>
  Buffer.from(script)
    .toString('utf8')
    .replaceAll('npm run --silent controller --', 'sonde-controller')
    .replaceAll('npm run controller --', 'sonde-controller')
    .replaceAll('npm run agent --', 'sonde-agent')
    .replaceAll('npm start -- --discover', 'sonde-controller start --discover')
    .replaceAll('npm start', 'systemctl start sonde-controller');

const packagesIn = (metafiles: readonly Metafile[]): string[] => {
  const folders = metafiles
    .flatMap(({ inputs }) => Object.keys(inputs))
    .flatMap((input) => /^(?:.*?:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  return [...new Set(folders)].toSorted();
};
