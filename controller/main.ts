const stopping = new AbortController();
// Before anything is loaded. Ctrl-C comes twice, from the terminal and from npm: the second one must not cut the first one's work short.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort(new Error(name)));
const { main } = await import('./cli/cli.ts');
process.exit(await main(process.argv.slice(2), stopping.signal));
