import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';

// Stripped types and compiled code are kept: the next start is faster, and neither process loads the compiler (15 MB each).
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'sonde'));
const cache = getCompileCacheDir();
if (cache !== undefined) process.env['NODE_COMPILE_CACHE'] ??= cache;

const stop = new AbortController();
// `on`, not `once`: Ctrl-C in a terminal arrives twice, from the terminal and from npm, and the second must not kill.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error(signal)));

const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2), stop.signal);
