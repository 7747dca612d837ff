import t from 'tap';
import { report, runParts } from './runner.ts';

/** In each run of the tests; before a release a hundred times that, on new seeds as well. */
const RUN = { days: 10, agents: 10 };
const runs = process.env['SONDE_TEST_RELEASE'] === '1' ? 100 : 1;

t.setTimeout(0);

t.test(`simulation: ${runs * RUN.days * RUN.agents} agent-days on new seeds keep promises 1, 2, 3 and 9`, { timeout: 0 }, async (t) => {
  for (let index = 0; index < runs; index += 1) {
    const seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    const startedAt = process.hrtime.bigint();
    const results = await runParts({ seed, ...RUN });
    const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
    for (const line of report(results, { seed, ...RUN })
      .trimEnd()
      .split('\n'))
      t.comment(line);
    t.comment(`simulated in ${seconds.toFixed(0)} s: ${((RUN.days * RUN.agents * 60) / seconds).toFixed(0)} agent-days a minute`);
    for (const { seed: part, failure } of results) t.equal(failure, null, `seed ${part}`);
    t.ok(
      results.reduce((sum, { stored }) => sum + stored, 0) > 0.8 * RUN.days * RUN.agents * 3 * 1_440,
      'most of what there was to measure was stored',
    );
  }
});
