import type { VerdictAnswer } from '../../controller/verdict/answer.ts';
import type { VerdictCase } from '../../controller/verdict/case.ts';
import { judge } from '../../controller/verdict/judge.ts';
import { atLeast, atMost, type Bench, type BenchResult, quantile, table } from './bench.ts';
import { alwaysTheTarget, blameIt } from './verdict/baselines.ts';
import { generateCase } from './verdict/generate.ts';
import { calibrationOf, newTally, type Rate, rate, score, type Tally } from './verdict/scoring.ts';
import { endingAfter } from './verdict/sooner.ts';
import type { Truth } from './verdict/truth.ts';

/** The method was tuned on seeds below 100,000; nobody looked at these. */
const FIRST_SEED = 5_000_000;
const CAUSES = 1000;
const QUIET_WINDOWS = 1000;
const SHORT = 0.1;

type Method = (given: VerdictCase) => VerdictAnswer;
const PLAIN: readonly (readonly [name: string, method: Method])[] = [
  ['always the target', alwaysTheTarget],
  ['plain BlameIt', blameIt],
];

/** How often a verdict was right so many rounds after its cause began. */
interface Sooner {
  readonly rounds: number;
  asked: number;
  answered: number;
  right: number;
}

/** Verdicts on windows drawn from seeds, beside two plain methods. */
export const verdict: Bench = {
  about: 'verdicts on 1,000 causes and 1,000 quiet windows drawn from seeds, beside "always the target" and plain BlameIt',
  run: async (say, words) => {
    const scale = words.includes('--short') ? SHORT : 1;
    const ours = newTally();
    const plain = PLAIN.map(([name, method]) => ({ name, method, tally: newTally() }));
    const judgeMs: number[] = [];
    const sooner: Sooner[] = [3, 4, 6, 8, 10, 15].map((rounds) => ({ rounds, asked: 0, answered: 0, right: 0 }));
    for (let seed = FIRST_SEED; ours.causes < CAUSES * scale || ours.quietWindows < QUIET_WINDOWS * scale; seed++) {
      const quiet = ours.quietWindows < QUIET_WINDOWS * scale && (ours.causes >= CAUSES * scale || seed % 3 !== 0);
      const { case: given, truth } = generateCase(seed, quiet);
      const began = performance.now();
      score(ours, truth, judge(given));
      judgeMs.push(performance.now() - began);
      for (const { method, tally } of plain) score(tally, truth, method(given));
      if (seed % 4 === 0) for (const one of sooner) askSooner(one, given, truth);
      if (seed % 200 === 0) say(`${ours.causes} causes and ${ours.quietWindows} quiet windows`);
    }
    const methods = [{ name: 'sonde', tally: ours }, ...plain];
    say(`\n${methodsTable(methods)}\n\n${strataTable(ours)}\n\n${soonerTable(sooner)}`);
    return resultOf(ours, plain, judgeMs, sooner);
  },
};

/** Windows of one cause only, cut off some rounds after it began. */
const askSooner = (one: Sooner, given: VerdictCase, truth: Truth): void => {
  const [cause, another] = truth.incidents;
  if (cause === undefined || another !== undefined) return;
  const rounds = Math.round((cause.start - given.start) / given.step) + one.rounds;
  if (rounds > given.rounds) return;
  const tally = newTally();
  score(tally, truth, judge(endingAfter(given, rounds)));
  one.asked++;
  one.answered += Math.min(1, tally.answered);
  one.right += tally.right;
};

const shown = ({ value, low, high }: Rate): string =>
  value === null || low === null || high === null ? '–' : `${value.toFixed(3)} [${low.toFixed(3)} ${high.toFixed(3)}]`;

const methodsTable = (methods: readonly { readonly name: string; readonly tally: Tally }[]): string =>
  table(
    ['method', 'precision', 'recall', 'answered', 'top 3', 'quiet windows false'],
    methods.map(({ name, tally }) => [
      name,
      shown(rate(tally.right, tally.given)),
      shown(rate(tally.right, tally.causes)),
      shown(rate(tally.answered, tally.causes)),
      shown(rate(tally.top3, tally.causes)),
      `${tally.falseWindows} of ${tally.quietWindows}`,
    ]),
  );

const strataTable = ({ strata }: Tally): string =>
  table(
    ['stratum', 'causes', 'right of those answered', 'answered', 'top 3'],
    [...strata]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { causes, right, given, answered, top3 }]) => [
        name,
        causes,
        shown(rate(right, given)),
        shown(rate(answered, causes)),
        shown(rate(top3, causes)),
      ]),
  );

const soonerTable = (sooner: readonly Sooner[]): string =>
  table(
    ['rounds after it began', 'asked', 'answered', 'right of those answered'],
    sooner.map(({ rounds, asked, answered, right }) => [String(rounds), asked, shown(rate(answered, asked)), shown(rate(right, answered))]),
  );

const resultOf = (
  ours: Tally,
  plain: readonly { readonly name: string; readonly tally: Tally }[],
  judgeMs: readonly number[],
  sooner: readonly Sooner[],
): BenchResult => {
  const precision = rate(ours.right, ours.given);
  const answered = rate(ours.answered, ours.causes);
  const falsePerThousand = (1000 * ours.falseWindows) / Math.max(1, ours.quietWindows);
  const perMinute = (60_000 * judgeMs.length) / judgeMs.reduce((sum, ms) => sum + ms, 0);
  const sinceErrors = ours.sinceErrors.map(Math.abs);
  const { brier, error } = calibrationOf(ours);
  return {
    figures: {
      causes: ours.causes,
      precision: precision.value,
      'precision, Wilson low': precision.low,
      'precision, Wilson high': precision.high,
      answered: answered.value,
      recall: rate(ours.right, ours.causes).value,
      'top 3': rate(ours.top3, ours.causes).value,
      'quiet windows': ours.quietWindows,
      'quiet windows false': ours.falseWindows,
      'quiet windows undecided only': ours.undecidedWindows,
      'since, error median s': quantile(sinceErrors, 0.5),
      'since, error p90 s': quantile(sinceErrors, 0.9),
      Brier: brier,
      'calibration error': error,
      'cases a minute': perMinute,
      'slowest case ms': quantile(judgeMs, 1),
      ...Object.fromEntries(plain.map(({ name, tally }) => [`${name}, precision`, rate(tally.right, tally.given).value])),
      ...Object.fromEntries(sooner.map(({ rounds, asked, right }) => [`right ${rounds} rounds after it began`, rate(right, asked).value])),
    },
    bounds: [
      atLeast('precision', precision.value, 0.9, ''),
      atLeast('answered', answered.value, 0.85, ''),
      atMost('false of 1,000 quiet windows', falsePerThousand, 5, ''),
      atLeast('cases a minute', perMinute, 100, ''),
    ],
  };
};
