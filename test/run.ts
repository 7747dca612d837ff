import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { installDebianPackages } from './debian-packages.ts';

// Runs the stages of `npm run check`, `npm test` and `npm run test:release`, one after the other, and ends with `N passed, N failed, N skipped`.

const root = path.resolve(import.meta.dirname, '..');
const node = process.execPath;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Stage {
  readonly name: string;
  /** A program that passes or fails as one, or test files for tap. */
  readonly program?: readonly string[];
  readonly files?: string;
  /** How many test files at once; stages that measure or load the machine run alone. */
  readonly jobs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

const tool = (file: string, ...options: string[]): readonly string[] => [path.join('node_modules', file), ...options];

const CHECK: readonly Stage[] = [
  { name: 'types', program: tool('typescript/bin/tsc') },
  { name: 'types of the web admin', program: tool('typescript/bin/tsc', '-p', 'controller/web') },
  { name: 'lint', program: tool('oxlint/bin/oxlint', '--deny-warnings', 'protocol', 'agent', 'controller', 'packaging', 'test') },
  { name: 'format', program: tool('@biomejs/biome/bin/biome', 'format', '.') },
  { name: 'architecture', files: 'test/architecture.test.ts' },
  { name: 'unit', files: 'test/unit/**/*.test.ts' },
  { name: 'scenarios', files: 'test/scenarios/**/*.test.ts' },
];
const ALL: readonly Stage[] = [
  ...CHECK,
  { name: 'contracts', files: 'test/contract/**/*.test.ts' },
  { name: 'integration', files: 'test/integration/**/*.test.ts' },
  { name: 'simulation', files: 'test/simulation/**/*.test.ts', jobs: 1 },
  { name: 'namespaces', files: 'test/netns/**/*.test.ts', jobs: 1 },
  { name: 'faults', files: 'test/chaos/**/*.test.ts', jobs: 1 },
  { name: 'end-to-end', files: 'test/e2e/**/*.test.ts', jobs: 1 },
];
const RELEASE: readonly Stage[] = ALL.map((stage) => ({ ...stage, environment: { SONDE_TEST_RELEASE: '1' } }));

const sets: Readonly<Record<string, readonly Stage[]>> = { check: CHECK, all: ALL, release: RELEASE };

/** Runs one program of the pinned Node with its output shown; its exit code. */
const run = (
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onLine?: (line: string) => void,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(node, arguments_, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', onLine ? 'pipe' : 'inherit', 'inherit'],
    });
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine?.(line);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });

const FILE_LINE = /^(not ok|ok) \d+ - (\S.*?)(?: # (SKIP|TODO).*| # time=.*)?(?: \{)?$/;
const SUBTEST_LINE = /^ {4}(not ok|ok) \d+ - (.*?)(?: # time=\S+)?(?: \{)?$/;

/** Runs test files by tap and counts their tests: the first level inside each file, and a file that fails without saying in which test. */
const runTests = async (stage: Stage, files: readonly string[], counts: Counts): Promise<void> => {
  const notes: string[] = [];
  let failedInFile = 0;
  const jobs = String(stage.jobs ?? Math.max(2, availableParallelism()));
  const options = ['--reporter=tap', `--jobs=${jobs}`, '--timeout=600', '--no-show-full-coverage'];
  const code = await run([...tool('.bin/tap'), ...options, ...files], stage.environment, (line) => {
    const subtest = SUBTEST_LINE.exec(line);
    const skip = subtest ? /^(.*?) # SKIP ?(.*)$/i.exec(subtest[2] ?? '') : null;
    if (skip) {
      counts.skipped++;
      notes.push(`  skipped: ${skip[1]} (${skip[2]})`);
    } else if (subtest) {
      if (subtest[1] === 'ok') counts.passed++;
      else {
        counts.failed++;
        failedInFile++;
      }
    }
    const file = FILE_LINE.exec(line);
    if (file?.[1] === 'not ok') {
      if (failedInFile === 0) counts.failed++;
      failedInFile = 0;
    } else if (file) failedInFile = 0;
    if (/^\s*#\s/.test(line) && !/^\s*# (Subtest|time=|\{)/.test(line)) notes.push(line.trim());
    else if (code_excerpt.test(line)) notes.push(line);
  });
  if (code !== 0 && counts.failed === 0) counts.failed++;
  for (const note of notes) console.log(note);
};
const code_excerpt = /^\s*(not ok|at:|fileName:|lineNumber:|error:|message:|diff:|found:|wanted:|stack:|[-+] )/;

const runStage = async (stage: Stage, total: Counts): Promise<void> => {
  const files = stage.files ? globSync(stage.files, { cwd: root }).toSorted() : [];
  if (stage.files && files.length === 0) return;
  const startedAt = process.hrtime.bigint();
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n── ${stage.name}`);
  if (stage.program) {
    const code = await run(stage.program, stage.environment);
    if (code === 0) counts.passed++;
    else counts.failed++;
  } else {
    await runTests(stage, files, counts);
  }
  const seconds = (Number(process.hrtime.bigint() - startedAt) / 1e9).toFixed(1);
  console.log(`${stage.name}: ${format(counts)} in ${seconds} s`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
};

const format = (counts: Counts): string =>
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`;

const main = async (): Promise<number> => {
  const [name = 'all', ...only] = process.argv.slice(2);
  const stages = sets[name];
  if (!stages || only.some((stage) => !stages.some((known) => known.name === stage))) {
    console.error(`usage: test/run.ts check|all|release [stage ...]\nstages: ${(stages ?? ALL).map((stage) => stage.name).join(', ')}`);
    return 64;
  }
  if (name !== 'check') await installDebianPackages();
  if (!existsSync(path.join(root, '.tap'))) await run([...tool('.bin/tap'), 'build'], {}, () => {});
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of stages) if (only.length === 0 || only.includes(stage.name)) await runStage(stage, total);
  console.log(`\n${format(total)}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
};

process.exitCode = await main();
