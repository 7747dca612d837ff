import { spawn } from 'node:child_process';

// Runs test files as plain programs, several at once, and reads the TAP that they print. Tap's own runner does the same at twice the time a file.

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Options {
  readonly root: string;
  readonly jobs: number;
  /** A file that takes longer is ended, and has failed. */
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs the files and prints what is worth reading: comments, skipped tests, and of a test that failed all that it said. */
export const runTestFiles = async (files: readonly string[], options: Options): Promise<Counts> => {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { counts: own, notes } = read(file, await runFile(file, options));
      counts.passed += own.passed;
      counts.failed += own.failed;
      counts.skipped += own.skipped;
      for (const note of notes) console.log(note);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, files.length) }, work));
  return counts;
};

interface Ended {
  readonly lines: readonly string[];
  /** Null: all went well. */
  readonly trouble: string | null;
}

const runFile = (file: string, { root, timeoutMs, environment }: Options): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], {
      cwd: root,
      env: { TAP_TIMEOUT: '600', ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const kill = AbortSignal.timeout(timeoutMs);
    kill.addEventListener('abort', () => child.kill('SIGKILL'));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const trouble = kill.aborted
        ? `was ended after ${timeoutMs / 1000} s`
        : code === 0
          ? null
          : `ended with ${signal ?? `exit code ${code}`}`;
      resolve({ lines: output.split('\n'), trouble });
    });
  });

const RESULT = /^(not ok|ok) \d+ - (.*?)(?: # time=\S+)?$/;
const SKIPPED = /^(.*?) # SKIP ?(.*)$/i;
const TALK = /^\s*# (?!Subtest|time=|\{)/;

/** The tests are the first level of a file; one that ends badly without a test that failed has failed as one. */
const read = (file: string, { lines, trouble }: Ended): { readonly counts: Counts; readonly notes: readonly string[] } => {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const notes: string[] = [];
  let said: string[] = [];
  for (const line of lines) {
    const result = RESULT.exec(line);
    if (TALK.test(line)) notes.push(line.trim());
    said.push(line);
    if (!result) continue;
    const skipped = SKIPPED.exec(result[2] ?? '');
    if (skipped) {
      counts.skipped++;
      notes.push(`  skipped: ${skipped[1]} (${skipped[2]})`);
    } else if (result[1] === 'ok') counts.passed++;
    else {
      counts.failed++;
      notes.push(`${file}: ${result[2]}`, ...said.filter((text) => !/^\s+ok /.test(text)));
    }
    said = [];
  }
  if (trouble !== null && counts.failed === 0) {
    counts.failed++;
    notes.push(`${file} ${trouble}`, ...said.slice(-40));
  } else if (counts.failed > 0) notes.push(...said.slice(0, 40)); // the last test's place in the source stands below its result
  return { counts, notes };
};
