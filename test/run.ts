import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { installDebianPackages } from './debian-packages.ts';
import { type Counts, runTestFiles } from './tap-files.ts';

// Runs the stages of `npm run check`, `npm test` and `npm run test:release`, one after the other, and ends with `N passed, N failed, N skipped`.

const root = path.resolve(import.meta.dirname, '..');
/** Nothing of what CI runs takes nearly as long in one file. */
const FILE_TIMEOUT_MS = 900_000;

interface Stage {
  readonly name: string;
  /** A program that passes or fails as one, or test files for tap. */
  readonly program?: readonly string[];
  readonly files?: string;
  /** How many test files at once; stages that measure or load the machine run alone. */
  readonly jobs?: number;
  /** How long one file may take. */
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

const tool = (file: string, ...options: string[]): readonly string[] => [path.join('node_modules', file), ...options];

/** What was right the last time and has not changed since is not looked at again. */
const types = (project: string): readonly string[] => {
  const kept = `node_modules/.cache/sonde/${project.replaceAll('/', '-')}.buildinfo`;
  return tool('typescript/bin/tsc', '-p', project, '--incremental', '--tsBuildInfoFile', path.resolve(root, kept));
};

const CHECK: readonly Stage[] = [
  { name: 'types', program: types('tsconfig.json') },
  { name: 'types of the web admin', program: types('controller/web/tsconfig.json') },
  { name: 'lint', program: tool('oxlint/bin/oxlint', '--deny-warnings', 'protocol', 'agent', 'controller', 'packaging', 'test') },
  { name: 'format', program: tool('@biomejs/biome/bin/biome', 'format', '.') },
  { name: 'architecture', files: 'test/architecture.test.ts' },
  { name: 'unit', files: 'test/unit/**/*.test.ts' },
];
const ALL: readonly Stage[] = [
  ...CHECK,
  { name: 'properties and scenarios', files: 'test/{properties,scenarios}/**/*.test.ts' },
  { name: 'contracts', files: 'test/contract/**/*.test.ts' },
  { name: 'integration', files: 'test/integration/**/*.test.ts' },
  { name: 'simulation', files: 'test/simulation/**/*.test.ts', jobs: 1 },
  { name: 'namespaces', files: 'test/netns/**/*.test.ts', jobs: 1 },
  { name: 'faults', files: 'test/chaos/**/*.test.ts', jobs: 1 },
  { name: 'end-to-end', files: 'test/e2e/**/*.test.ts', jobs: 1 },
  { name: 'packages', files: 'test/packages/**/*.test.ts', jobs: 1, timeoutMs: 1_500_000 },
];
const RELEASE: readonly Stage[] = ALL.map((stage) => ({ ...stage, environment: { SONDE_TEST_RELEASE: '1' }, timeoutMs: 24 * 3_600_000 }));

const sets: Readonly<Record<string, readonly Stage[]>> = { check: CHECK, all: ALL, release: RELEASE };

/** Runs one program of the pinned Node with its output shown; its exit code. */
const run = (arguments_: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, arguments_, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });

const runStage = async (stage: Stage, total: Counts): Promise<void> => {
  const files = stage.files ? globSync(stage.files, { cwd: root }).toSorted() : [];
  if (stage.files && files.length === 0) return;
  const startedAt = process.hrtime.bigint();
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n── ${stage.name}`);
  if (stage.program) {
    const code = await run(stage.program, stage.environment);
    if (code === 0) counts.passed++;
    else counts.failed++;
  } else {
    const jobs = stage.jobs ?? Math.max(2, availableParallelism());
    counts = await runTestFiles(files, { root, jobs, timeoutMs: stage.timeoutMs ?? FILE_TIMEOUT_MS, environment: stage.environment ?? {} });
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
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of stages) if (only.length === 0 || only.includes(stage.name)) await runStage(stage, total);
  console.log(`\n${format(total)}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
};

process.exitCode = await main();
