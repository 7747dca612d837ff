import type { VerdictAnswer, VerdictIncident } from '../../../controller/verdict/answer.ts';
import type { TrueIncident, Truth } from './truth.ts';

/** A share with its Wilson 95 % interval. */
export interface Rate {
  readonly k: number;
  readonly n: number;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Wilson's interval at 95 %: honest for small counts and near 0 and 1. */
export const rate = (k: number, n: number): Rate => {
  if (n === 0) return { k, n, value: null, low: null, high: null };
  const z = 1.959964;
  const p = k / n;
  const d = 1 + (z * z) / n;
  const c = p + (z * z) / (2 * n);
  const h = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { k, n, value: p, low: Math.max(0, (c - h) / d), high: Math.min(1, (c + h) / d) };
};

/** What a method made of many windows. */
export interface Tally {
  causes: number;
  right: number;
  given: number;
  answered: number;
  top3: number;
  quietWindows: number;
  falseWindows: number;
  undecidedWindows: number;
  sinceErrors: number[];
  calibration: { confidence: number; right: boolean }[];
  /** By stratum: causes, right, answered incidents given, causes answered, right among three. */
  strata: Map<string, { causes: number; right: number; given: number; answered: number; top3: number }>;
}

export const newTally = (): Tally => ({
  causes: 0,
  right: 0,
  given: 0,
  answered: 0,
  top3: 0,
  quietWindows: 0,
  falseWindows: 0,
  undecidedWindows: 0,
  sinceErrors: [],
  calibration: [],
  strata: new Map(),
});

const nameOf = (cls: string, element: string): string => `${cls} ${element.split('>').toSorted().join('>')}`;
const firstIs = (incident: VerdictIncident, accept: ReadonlySet<string>): boolean =>
  incident.verdicts.slice(0, 1).some((verdict) => accept.has(nameOf(verdict.class, verdict.element)));
const anyIs = (incident: VerdictIncident, accept: ReadonlySet<string>): boolean =>
  incident.verdicts.some((verdict) => accept.has(nameOf(verdict.class, verdict.element)));

/** Matches incidents and causes one to one, in the answer's favour; for each cause the incident's number or `undefined`. */
const matched = (causes: readonly TrueIncident[], incidents: readonly VerdictIncident[]): (number | undefined)[] => {
  const worth = causes.map((cause) => {
    const accept = acceptOf(cause);
    return incidents.map((incident) => {
      const value =
        incident.answered && firstIs(incident, accept)
          ? 100
          : anyIs(incident, accept)
            ? incident.answered
              ? 20
              : 15
            : incident.answered
              ? 3
              : 1;
      return value - Math.min(0.9, Math.abs(incident.since - cause.start) / 36_000);
    });
  });
  const best = (i: number, taken: readonly number[]): { value: number; picks: (number | undefined)[] } => {
    if (i === causes.length) return { value: 0, picks: [] };
    const without = best(i + 1, taken);
    let found = { value: without.value, picks: [undefined, ...without.picks] };
    incidents.forEach((_, j) => {
      if (taken.includes(j)) return;
      const rest = best(i + 1, [...taken, j]);
      const value = rest.value + (worth[i]?.[j] ?? 0);
      if (value > found.value) found = { value, picks: [j, ...rest.picks] };
    });
    return found;
  };
  return best(0, []).picks;
};

const acceptOf = ({ accept }: TrueIncident): ReadonlySet<string> => new Set(accept.map(([cls, element]) => nameOf(cls, element)));

/** Adds one window's answer to a tally. */
export const score = (tally: Tally, truth: Truth, answer: VerdictAnswer): void => {
  const incidents = answer.incidents.slice(0, 20);
  if (truth.quiet) {
    tally.quietWindows++;
    if (incidents.some(({ answered }) => answered)) tally.falseWindows++;
    else if (incidents.length > 0) tally.undecidedWindows++;
    return;
  }
  const picks = matched(truth.incidents, incidents);
  truth.incidents.forEach((cause, i) => {
    const incident = incidents[picks[i] ?? -1];
    const accept = acceptOf(cause);
    const answered = incident?.answered === true;
    const right = answered && incident !== undefined && firstIs(incident, accept);
    const top3 = incident !== undefined && anyIs(incident, accept);
    const shared = Object.entries(truth.strata).flatMap(([name, value]) => (typeof value === 'string' ? [`${name} ${value}`] : []));
    const own = Object.entries(cause.strata).map(([name, value]) => `${name} ${value}`);
    for (const name of [...shared, ...own]) {
      const stratum = tally.strata.get(name) ?? { causes: 0, right: 0, given: 0, answered: 0, top3: 0 };
      tally.strata.set(name, stratum);
      add(stratum, answered, right, top3);
    }
    add(tally, answered, right, top3);
    if (answered) tally.calibration.push({ confidence: incident.verdicts[0]?.confidence ?? 0, right });
    if (right) tally.sinceErrors.push(incident.since - cause.start);
  });
  incidents.forEach((incident, j) => {
    if (picks.includes(j) || !incident.answered) return;
    tally.given++;
    tally.calibration.push({ confidence: incident.verdicts[0]?.confidence ?? 0, right: false });
  });
};

const add = (
  to: { causes: number; right: number; given: number; answered: number; top3: number },
  answered: boolean,
  right: boolean,
  top3: boolean,
): void => {
  to.causes++;
  to.given += Number(answered);
  to.answered += Number(answered);
  to.right += Number(right);
  to.top3 += Number(top3);
};

/** Brier score and expected calibration error over five bins. */
export const calibrationOf = ({ calibration }: Tally): { readonly brier: number | null; readonly error: number | null } => {
  if (calibration.length === 0) return { brier: null, error: null };
  const n = calibration.length;
  const brier = calibration.reduce((sum, { confidence, right }) => sum + (confidence - Number(right)) ** 2, 0) / n;
  const bins = Map.groupBy(calibration, ({ confidence }) => Math.min(4, Math.floor(confidence * 5)));
  const error =
    [...bins.values()].reduce(
      (sum, bin) => sum + Math.abs(bin.reduce((off, { confidence, right }) => off + confidence - Number(right), 0)),
      0,
    ) / n;
  return { brier, error };
};
