import t from 'tap';
import { MUTATIONS, type MutationName } from './mutations.ts';
import { inWorkers } from './runner.ts';

// A simulation that finds nothing proves nothing: here bugs are put in on purpose, and it has to find them.

t.setTimeout(900_000);

const isRelease = process.env['SONDE_TEST_RELEASE'] === '1';
/** The three that every run looks for; the others are looked for before a release. */
const ALWAYS: readonly MutationName[] = ['acknowledge before the commit', 'forget the epoch', 'alert on arrival time'];
const NAMES = Object.keys(MUTATIONS).filter((name): name is MutationName => isRelease || ALWAYS.some((one) => one === name));
/** So many short, stormy worlds may pass before a bug counts as not found. */
const WORLDS = 8;
const WORLD = { days: 0.25, agents: 4, intensity: 8 };

for (const mutation of NAMES)
  t.test(`a bug put in on purpose is found: ${mutation}`, async (t) => {
    const breaks: readonly number[] = MUTATIONS[mutation].breaks;
    for (let world = 0; world < WORLDS; world += 2) {
      const seeds = [`m${world}`, `m${world + 1}`];
      const results = await inWorkers(seeds.map((seed) => ({ seed, ...WORLD, mutation })));
      const found = results.find(({ failure }) => failure !== null && breaks.includes(failure.promise));
      if (found?.failure) return t.pass(`world ${found.seed}: promise ${found.failure.promise}: ${found.failure.text}`);
    }
    t.fail(`${WORLDS} worlds passed with the bug in them`);
  });
