import { type VerdictAnswer } from '../../controller/verdict/answer.ts';
import { type VerdictCase } from '../../controller/verdict/case.ts';
import { judge } from '../../controller/verdict/judge.ts';
import { atLeast, atMost, type Bench, quantile, table } from './bench.ts';
import { alwaysTheTarget, blameIt } from './verdict/baselines.ts';
import { generateCase } from './verdict/generate.ts';
import { calibrationOf, newTally, type Rate, rate, score, type Tally } from './verdict/scoring.ts';

/** Seeds that the method was tuned on are below; these were looked at by nobody. */
const FIRST_SEED = 5_000_000;
const INCIDENTS = 1000;
const QUIET_WINDOWS = 1000;
const ROUNDS_TO_VERDICT = [2, 4, 6, 8, 10, 15] as const;

const METHODS: Readonly<Record<string, (given: VerdictCase) => VerdictAnswer>> = {
  'sonde': judge,
  'always the target': alwaysTheTarget,
  'plain BlameIt': blameIt,
};

/** Verdicts on windows drawn from seeds, beside two plain methods. */
export const verdict: Bench = {
  about: 'verdicts on 1,000 incidents and 1,000 quiet windows from seeds, beside "always the target" and plain BlameIt',
  run: async (say, words) => {
    const scale = words.includes('--short') ? 0.1 : 1;
    const tallies = new Map(Object.keys(METHODS).map((name) => [name, newTally()]));
    const ours = tallies.get('sonde') ?? newTally();
    const judgeMs: number[] = [];
    const sooner: { readonly rounds: number; known: number; causes: number }[] = ROUNDS_TO_VERDICT.map((rounds) => ({ rounds, known: 0, causes: 0 }));
    let seed = FIRST_SEED;
    while (ours.causes < INCIDENTS * scale || ours.quietWindows < QUIET_WINDOWS * scale) {
      const quiet = ours.quietWindows < QUIET_WINDOWS * scale && (ours.causes >= INCIDENTS * scale || seed % 2 === 0);
      const { case: given, truth } = generateCase(seed++, quiet);
      for (const [name, method] of Object.entries(METHODS)) {
        const began = performance.now();
        const answer = method(given);
        if (name === 'sonde') judgeMs.push(performance.now() - began);
        score(tallies.get(name) ?? newTally(), truth, answer);
      }
      if (truth.incidents.length === 1 && seed % 5 === 0) for (const one of sooner) askSooner(one, given, truth);
      if (seed % 100 === 0) say(`${ours.causes} causes, ${ours.quietWindows} quiet windows`);
    }
    say(`\n${methodsTable(tallies)}\n\n${strataTable(ours)}\n\n${soonerTable(sooner)}`);
    return resultOf(tallies, ours, judgeMs, sooner);
  },
};
