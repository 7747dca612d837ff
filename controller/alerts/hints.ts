// What to look at first: the troubleshooting chart of an interface and a path, as questions that the stored series answer. Pure: series in, hints out.
import type { Hint } from '../../protocol/incident.ts';

/** One field around the incident, in order of time. */
export interface HintSeries {
  /** Of the catalogue: loss_ratio, utilization_ratio, error_ratio, discard_ratio, tcp_ports_used_ratio, listen_conflicts … */
  readonly field: string;
  /** Whose: an interface, a host, the pair itself. */
  readonly of: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

export interface HintFacts {
  readonly incident: { readonly openedAt: number; readonly resolvedAt: number | null };
  readonly series: readonly HintSeries[];
  /** What is known of interfaces without a series. */
  readonly interfaces: readonly {
    readonly of: string;
    readonly duplex: 'full' | 'half' | null;
    readonly speedBitsPerSecond: number | null;
    readonly peerSpeedBitsPerSecond?: number | null;
  }[];
}

const ERRORS_HIGH = 0.01;
const SATURATED = 0.8;
const DROPS_HIGH = 0.001;
const PORTS_HIGH = 0.8;
/** Rank correlation that is not chance with a dozen points or more. */
const FOLLOWS = 0.6;
const PAIRS_MIN = 12;

/** The chart's questions in its order: errors first, then loss, then ports; where none answers, the plain advice. */
export const hintsOf = ({ incident, series, interfaces }: HintFacts): readonly Hint[] => {
  const within = series.map((one) => ({
    ...one,
    points: one.points.filter(({ at }) => at >= incident.openedAt - BEFORE_MS && at <= (incident.resolvedAt ?? Infinity)),
  }));
  const peaks = (field: string) =>
    within
      .filter((one) => one.field === field && one.points.length > 0)
      .map((one) => ({ ...one, peak: Math.max(...one.points.map(({ value }) => value)) }));
  const hints: Hint[] = [];
  for (const { of, peak } of peaks('error_ratio').filter((one) => one.peak > ERRORS_HIGH))
    hints.push({
      id: 'errors',
      title: `Errors on ${of}`,
      why: `up to ${percent(peak)} of its packets were in error`,
      steps: [
        'check its error counters for growth',
        'check duplex and speed at both ends',
        'change cable and connectors, then the optic or the card',
      ],
    });
  for (const { of, duplex, speedBitsPerSecond, peerSpeedBitsPerSecond = null } of interfaces) {
    if (duplex === 'half')
      hints.push({
        id: 'duplex',
        title: `${of} runs at half duplex`,
        why: 'a mismatch loses packets under load and shows as late collisions and errors',
        steps: ['set both ends to automatic, or both to the same'],
      });
    if (speedBitsPerSecond !== null && peerSpeedBitsPerSecond !== null && speedBitsPerSecond !== peerSpeedBitsPerSecond)
      hints.push({
        id: 'speed',
        title: `${of} and its peer disagree on speed`,
        why: `${speedBitsPerSecond / 1e6} against ${peerSpeedBitsPerSecond / 1e6} Mbit/s`,
        steps: ['check negotiation at both ends'],
      });
  }
  for (const { of, peak } of peaks('utilization_ratio').filter((one) => one.peak > SATURATED))
    hints.push({
      id: 'saturation',
      title: `${of} is full`,
      why: `used to ${percent(peak)} while it lasted`,
      steps: ['find who fills it: top customers and ports', 'shape or prioritise', 'plan for more bandwidth'],
    });
  hints.push(...followers(within));
  for (const { of, peak } of peaks('discard_ratio').filter((one) => one.peak > DROPS_HIGH))
    hints.push({
      id: 'drops',
      title: `${of} drops packets`,
      why: `up to ${percent(peak)}: a queue is full`,
      steps: ['look at queue lengths and buffers', 'compare with its utilisation at the same time'],
    });
  for (const { of, peak } of peaks('tcp_ports_used_ratio').filter((one) => one.peak > PORTS_HIGH))
    hints.push({
      id: 'ports',
      title: `${of} runs out of ports`,
      why: `${percent(peak)} of its ephemeral ports were in use`,
      steps: ['count connections by state', 'widen the range, reuse connections'],
    });
  for (const { of, peak } of peaks('listen_conflicts').filter((one) => one.peak > 0))
    hints.push({
      id: 'port-conflict',
      title: `Two programs want one port on ${of}`,
      why: `${peak} conflicting listeners`,
      steps: ['review the listening ports', 'bind to narrower addresses', 'set the order of starting'],
    });
  if (hints.length === 0)
    hints.push({
      id: 'baseline',
      title: 'Nothing near it stands out',
      why: 'no errors, no full line, no drops in what is measured',
      steps: ['compare with the same hour of earlier weeks', 'trace the path from two agents'],
    });
  return hints;
};

const BEFORE_MS = 600_000;

/** Loss that rises and falls with how full a line is. */
const followers = (series: readonly HintSeries[]): Hint[] =>
  series
    .filter(({ field }) => field === 'loss_ratio')
    .flatMap((loss) =>
      series
        .filter(({ field }) => field === 'utilization_ratio')
        .flatMap((load): Hint[] => {
          const pairs = sameTime(loss, load);
          const rho = pairs.length < PAIRS_MIN ? 0 : rankCorrelation(pairs);
          if (rho < FOLLOWS) return [];
          const why = `rank correlation ${rho.toFixed(2)} over ${pairs.length} moments`;
          return [
            {
              id: 'loss-follows-load',
              title: `Loss to ${loss.of} follows the load of ${load.of}`,
              why,
              steps: ['shape or prioritise what fills it', 'plan for more bandwidth'],
            },
          ];
        }),
    );

/** Each point of one with the nearest of the other, at most a minute away. */
const sameTime = (a: HintSeries, b: HintSeries): (readonly [number, number])[] =>
  a.points.flatMap(({ at, value }) => {
    let best: { readonly at: number; readonly value: number } | null = null;
    for (const point of b.points) if (best === null || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
    return best !== null && Math.abs(best.at - at) <= 60_000 ? [[value, best.value] as const] : [];
  });

/** Spearman's rho; ties share their rank. */
export const rankCorrelation = (pairs: readonly (readonly [number, number])[]): number => {
  const a = ranks(pairs.map(([one]) => one));
  const b = ranks(pairs.map(([, two]) => two));
  const mean = (pairs.length + 1) / 2;
  let [both, ofA, ofB] = [0, 0, 0];
  for (const [index, rank] of a.entries()) {
    const [da, db] = [rank - mean, (b[index] ?? 0) - mean];
    both += da * db;
    ofA += da * da;
    ofB += db * db;
  }
  return ofA === 0 || ofB === 0 ? 0 : both / Math.sqrt(ofA * ofB);
};

const ranks = (values: readonly number[]): number[] => {
  const inOrder = values.toSorted((a, b) => a - b);
  return values.map((value) => (inOrder.indexOf(value) + inOrder.lastIndexOf(value)) / 2 + 1);
};

const percent = (ratio: number): string => `${Number((ratio * 100).toPrecision(2))} %`;
