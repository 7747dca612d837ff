import type { IcmpSample } from '../../protocol/probes/icmp.ts';
import { compile, openNamespace, whyNoNamespace } from '../netns/namespace.ts';
import { measureIn, sampleOf } from '../netns/measurement.ts';
import { startResponder, type TrueRound, trueRound, V4_PREFIX, V6_PREFIX } from '../netns/truth.ts';
import { atLeast, atMost, type Bench, type Bound, quantile, table } from './bench.ts';
import { AGENT_NICE } from './engine-run.ts';

const TIMEOUT_MS = 500;
const TARGETS = 80;
/** What the responder does, in turn; v4 and v6 alternate. */
const BEHAVIOURS = [
  'delay=0',
  'delay=20000',
  'delay=5000 jitter=2000',
  'delay=20000 jitter=30000',
  'delay=10000 jitter=3000 loss=0.1',
  'delay=10000 dup=0.2 dupafter=900',
  'delay=10000 reorder=0.2 reorderby=250000',
  'delay=8000 jitter=4000 loss=0.05 dup=0.05 dupafter=300 reorder=0.1 reorderby=150000',
];

interface Pair {
  readonly sample: IcmpSample;
  readonly truth: TrueRound;
}

/** The engine against a responder that writes down what it really did to each packet. */
export const accuracy: Bench = {
  about: 'measured beside true, for every statistic, and whether the error bound holds',
  run: async (say, words) => {
    const why = whyNoNamespace();
    if (why !== null) throw new Error(why);
    const pairs = await measure(words.includes('--short') ? 5 : 20);
    const counts = COUNTS.map(([name, measured, truth]) => ({
      name,
      measured: total(pairs, ({ sample }) => measured(sample)),
      truth: total(pairs, (pair) => truth(pair.truth)),
      wrong: pairs.filter((pair) => measured(pair.sample) !== truth(pair.truth)).length,
    }));
    const delays = DELAYS.map(([name, measured, truth]) => ({ name, ...errorsOf(pairs, measured, truth) }));
    say(
      table(
        ['count', 'measured', 'true', 'rounds that differ'],
        counts.map(({ name, measured, truth, wrong }) => [name, measured, truth, wrong]),
      ),
    );
    say(
      `\n${table(
        ['delay', 'measured ms', 'true ms', 'median error µs', 'p95 error µs'],
        delays.map(({ name, measuredMs, trueMs, p50Us, p95Us }) => [name, measuredMs, trueMs, p50Us, p95Us]),
      )}\n`,
    );
    const bound = judgeBound(pairs);
    const figures: Record<string, number | null> = { rounds: pairs.length, ...bound.figures };
    for (const { name, measured, truth, wrong } of counts)
      Object.assign(figures, { [`${name} measured`]: measured, [`${name} true`]: truth, [`${name} rounds that differ`]: wrong });
    for (const { name, p50Us, p95Us } of delays)
      Object.assign(figures, { [`${name} median error µs`]: p50Us, [`${name} p95 error µs`]: p95Us });
    return {
      figures,
      bounds: [
        ...counts.map(({ name, wrong }) => atMost(`${name}: rounds that differ`, wrong, 0, '')),
        ...delays.map(({ name, p50Us }) => atMost(`${name}: median error`, p50Us, 50, 'µs')),
        ...bound.bounds,
      ],
    };
  },
};

type Count = (sample: IcmpSample) => number;
const COUNTS: readonly (readonly [string, Count, (truth: TrueRound) => number])[] = [
  ['sent', (s) => s.sent, (t) => t.sent],
  ['lost', (s) => s.lost, (t) => t.lost],
  ['duplicates', (s) => s.duplicates, (t) => t.duplicates],
  ['reordered', (s) => s.reordered, (t) => t.reordered],
  ['longest loss run', (s) => s.longestLossRun, (t) => t.longestLossRun],
];
type Delay = (sample: IcmpSample) => number | null | undefined;
const DELAYS: readonly (readonly [string, Delay, (truth: TrueRound) => number | null])[] = [
  ['rtt min', (s) => s.rtt?.minMs, (t) => t.minMs],
  ['rtt mean', (s) => s.rtt?.meanMs, (t) => t.meanMs],
  ['rtt median', (s) => s.rtt?.medianMs, (t) => t.medianMs],
  ['rtt max', (s) => s.rtt?.maxMs, (t) => t.maxMs],
  ['ipdv mean abs', (s) => s.variation?.ipdvMeanAbsMs, (t) => t.ipdvMeanAbsMs],
  ['pdv max', (s) => s.variation?.pdvMaxMs, (t) => t.pdvMaxMs],
  ['jitter rfc3550', (s) => s.variation?.jitterRfc3550Ms, (t) => t.jitterRfc3550Ms],
];

const measure = async (rounds: number): Promise<Pair[]> => {
  using program = compile('responder.cc');
  using namespace = openNamespace('accuracy');
  const addresses = Array.from({ length: TARGETS }, (_, i) =>
    i % 2 === 0 ? `${V4_PREFIX}.${i + 1}` : `${V6_PREFIX}:${(i + 1).toString(16)}`,
  );
  const script = Object.fromEntries(addresses.map((address, i) => [address, BEHAVIOURS[Math.floor(i / 2) % BEHAVIOURS.length] ?? '']));
  const responder = await startResponder(namespace, program.path, script, 11);
  const measured = await measureIn(namespace, {
    addresses,
    intervalMs: 1_500,
    options: { count: 10, spacingMs: 100, timeoutMs: TIMEOUT_MS },
    rounds,
    durationMs: (rounds + 4) * 1_500,
    nice: AGENT_NICE,
  });
  const truth = await responder.stop();
  const given = new Map<string, number>();
  return measured.rounds.map(({ address, round }): Pair => {
    const sample = sampleOf(round);
    const from = given.get(address) ?? 0;
    given.set(address, from + sample.sent);
    return { sample, truth: trueRound(truth.get(address)?.slice(from, from + sample.sent) ?? [], TIMEOUT_MS) };
  });
};

const total = (pairs: readonly Pair[], of: (pair: Pair) => number): number => pairs.reduce((sum, pair) => sum + of(pair), 0);

/** Medians over the rounds; a statistic that one side has and the other has not is an error without end. */
const errorsOf = (pairs: readonly Pair[], measured: Delay, truth: (truth: TrueRound) => number | null) => {
  const both = pairs
    .map(({ sample, truth: true_ }) => [measured(sample) ?? null, truth(true_)] as const)
    .filter(([a, b]) => a !== null || b !== null);
  const errorsUs = both.map(([a, b]) => (a === null || b === null ? Number.POSITIVE_INFINITY : Math.abs(a - b) * 1_000));
  return {
    measuredMs: quantile(
      both.flatMap(([a]) => a ?? []),
      0.5,
    ),
    trueMs: quantile(
      both.flatMap(([, b]) => b ?? []),
      0.5,
    ),
    p50Us: quantile(errorsUs, 0.5),
    p95Us: quantile(errorsUs, 0.95),
  };
};

/** A4: the true error of the median lies inside the bound in 99 % of the rounds, and the bound is no wider than three times the error. */
const judgeBound = (pairs: readonly Pair[]): { figures: Record<string, number | null>; bounds: Bound[] } => {
  const judged = pairs.flatMap(({ sample, truth }) =>
    sample.rtt === null || truth.medianMs === null
      ? []
      : [{ errorMs: Math.abs(sample.rtt.medianMs - truth.medianMs), boundMs: sample.errorBound.boundMs }],
  );
  const inside = judged.filter(({ errorMs, boundMs }) => errorMs <= boundMs).length / judged.length;
  const error = quantile(
    judged.map(({ errorMs }) => errorMs),
    0.5,
  );
  const width = quantile(
    judged.map(({ boundMs }) => boundMs),
    0.5,
  );
  const ratio = error === null || width === null ? null : width / error;
  const us = (ms: number | null): number | null => (ms === null ? null : ms * 1_000);
  return {
    figures: {
      'error bound: inside, share': inside,
      'error bound: median width µs': us(width),
      'error bound: median true error µs': us(error),
    },
    bounds: [
      atLeast('error bound: true error inside', inside, 0.99, 'of the rounds'),
      atMost('error bound: width against true error', ratio, 3, '×'),
    ],
  };
};
