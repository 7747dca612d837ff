import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Bundle } from './bundle.ts';
import type { Target } from './target.ts';

/** For a program that mostly waits: a small young generation, an old one that is collected before it grows, no helper threads, no optimising
 * compilers. The ICMP process is started with the same: a young generation of 1 MiB is collected in half a millisecond, in its own thread. */
const AGENT_FLAGS = [
  '--max-semi-space-size=1',
  '--initial-heap-size=16',
  '--heap-growing-percent=20',
  '--single-threaded',
  '--optimize-for-size',
  '--v8-pool-size=1',
  '--no-experimental-require-module',
  // They come when they pay: agent/compilers.ts.
  '--no-turbofan',
  '--no-maglev',
  // Or the code cache would differ from build to build. Only the agent has it: whom it talks to is chosen by its controller.
  '--hash-seed=1926',
];

/**
 * The program as one file: Node's own `--build-sea` puts the bundle and its assets into a copy of the stripped Node. (@yao-pkg/pkg wraps the same thing
 * and would fetch a base binary of its own, which a build host without the outside cannot.) The code cache is made by the Node that runs the build, so
 * that only the host's own architecture may have one.
 */
export const makeExecutable = (
  program: 'agent' | 'controller',
  target: Target,
  parts: { readonly bundle: Bundle; readonly addon: string | null; readonly node: string; readonly output: string },
): void => {
  const { bundle, addon, node, output } = parts;
  const directory = dirname(bundle.main);
  const config = join(directory, `${program}-${target.arch}.sea.json`);
  const flags = program === 'agent' ? AGENT_FLAGS : [];
  const caches = program === 'agent' && target.arch === process.arch ? makeCaches(bundle.scripts, flags) : {};
  const assets = { ...bundle.scripts, ...caches, ...bundle.assets, ...(addon === null ? {} : { 'raw.node': addon }) };
  writeFileSync(
    config,
    JSON.stringify({
      main: relative(directory, bundle.main), // the path goes into the file: the same wherever it is built
      executable: node,
      output,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      execArgv: ['--disable-warning=ExperimentalWarning', '--experimental-ffi', ...flags],
      execArgvExtension: 'none',
      assets,
    }),
  );
  execFileSync(process.execPath, ['--build-sea', config], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  if (!existsSync(output)) throw new Error(`${output} was not built`);
  chmodSync(output, 0o755);
};

/** Under the flags of the executable: V8 refuses a cache that was made under others. */
const makeCaches = (scripts: Bundle['scripts'], flags: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(scripts).map(([name, script]) => {
      const output = `${script}.cache`;
      execFileSync(process.execPath, [...flags, join(import.meta.dirname, 'code-cache.ts'), script, output]);
      return [`${name}.cache`, output];
    }),
  );
