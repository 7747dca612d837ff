import t from 'tap';
import { report, runParts } from './runner.ts';

t.setTimeout(7_200_000);

const isRelease = process.env['SONDE_TEST_RELEASE'] === '1';
/** New ones at each run; SONDE_TEST_SEED replays. */
const seed = process.env['SONDE_TEST_SEED'] ?? String(crypto.getRandomValues(new Uint32Array(1))[0]);
const run = { seed, days: isRelease ? 1_000 : 10, agents: 10 };

t.test(
  `${run.days * run.agents} agent-days on seed ${seed}: nothing lost, fresh first, late data pages nobody, one incident a cause`,
  async (t) => {
    const results = await runParts(run);
    for (const line of report(results, run).trimEnd().split('\n')) t.comment(line);
    for (const { seed: part, failure } of results) t.equal(failure, null, `world ${part} keeps its promises`);
  },
);
