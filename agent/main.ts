import { runCli } from './cli.ts';

const stop = new AbortController();
// `on`, not `once`: Ctrl-C in a terminal arrives twice, from the terminal and from npm, and the second must not kill.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error(signal)));

process.exitCode = await runCli(process.argv.slice(2), stop.signal);
