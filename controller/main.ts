import { main } from './cli.ts';

const stopping = new AbortController();
// Ctrl-C comes twice, from the terminal and from npm: the second one must not cut the first one's work short.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort(new Error(name)));
process.exit(await main(process.argv.slice(2), stopping.signal));
