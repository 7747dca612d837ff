// npm run simulate -- --seed N --days D --agents M
import { parseArgs } from 'node:util';
import { report, runParts } from './runner.ts';

const USAGE = `usage: npm run simulate -- [--seed N] [--days D] [--agents M] [--part K] [--echo]
  --seed N     replays: the same seed, days and agents give the same world (a new seed unless given)
  --days D     simulated days (10)
  --agents M   agents, three tasks each, a round a minute (10)
  --part K     only this part: long runs are cut into worlds of a few days, side by side in two processes
  --echo       every event to stderr as it happens`;

const number = (text: string | undefined, fallback: number, name: string): number => {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: a number above 0 is wanted`);
  return value;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      days: { type: 'string' },
      agents: { type: 'string' },
      part: { type: 'string' },
      echo: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const seed = values.seed ?? String(crypto.getRandomValues(new Uint32Array(1))[0]);
  const days = number(values.days, 10, 'days');
  const agents = number(values.agents, 10, 'agents');
  const results = await runParts({ seed, days, agents, only: values.part === undefined ? null : Number(values.part), echo: values.echo });
  process.stdout.write(report(results, { seed, days, agents }));
  return results.every(({ failure }) => failure === null) ? 0 : 1;
};

process.exitCode = await main();
