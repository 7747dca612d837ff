const stopping = new AbortController();
// Before anything is loaded. Ctrl-C comes twice, from the terminal and from npm: the second one must not cut the first one's work short.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort(new Error(name)));
// No await at the top level: inside the executable this is a script.
void import('./cli/cli.ts').then(async ({ main }) => {
  process.exit(await main(process.argv.slice(2), stopping.signal));
});
