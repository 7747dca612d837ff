import t from 'tap';
import type { Failure } from './journal.ts';
import { MUTATIONS, type MutationName } from './mutations.ts';
import { inWorkers } from './runner.ts';
import { NAMED_SEEDS } from './seeds.ts';

t.setTimeout(900_000);

const names = Object.keys(NAMED_SEEDS) as MutationName[]; // Border: Object.keys forgets the type.

/** The product changes, and with it what happens in a world: where its own seed shows a bug no more, one of the next ones must. */
const MORE_SEEDS = 6;

const findsIt = async (mutation: MutationName): Promise<Failure | null> => {
  const part = NAMED_SEEDS[mutation];
  for (let more = 0; more <= MORE_SEEDS; more += 1) {
    const [result] = await inWorkers([{ ...part, seed: more === 0 ? part.seed : `${part.seed}+${more}`, mutation }]);
    if (result?.failure) return result.failure;
  }
  return null;
};

t.test('simulation: a bug put into the product on purpose is found, and by the promise that it breaks', async (t) => {
  const waiting = names.toReversed();
  const work = async (): Promise<void> => {
    for (let mutation = waiting.pop(); mutation !== undefined; mutation = waiting.pop()) {
      const failure = await findsIt(mutation);
      const breaks: readonly number[] = MUTATIONS[mutation].breaks;
      t.ok(failure !== null && breaks.includes(failure.promise), `${mutation}: ${failure === null ? 'not found' : failure.text}`);
    }
  };
  await Promise.all([work(), work()]);
});

t.test('simulation: the same worlds without the bugs break nothing', async (t) => {
  const worlds = [...new Map(names.map((name) => [JSON.stringify(NAMED_SEEDS[name]), NAMED_SEEDS[name]])).values()];
  for (const { seed, failure } of await inWorkers(worlds))
    t.equal(failure, null, `seed ${seed}${failure === null ? '' : `: ${failure.text}`}`);
});

t.test('simulation: the same seed gives the same world', async (t) => {
  const part = { seed: 'twice', days: 0.1, agents: 3, intensity: 8 };
  const [first, second, third] = await inWorkers([part, part, part]); // the third in a process that has simulated before
  t.ok((first?.measured ?? 0) > 300);
  t.same(second, first);
  t.same(third, first);
});
