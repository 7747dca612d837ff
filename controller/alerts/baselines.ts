// What is usual, learnt from the stored hours: read once when a rule asks for it, then an hour at a time.
import type { Rule } from '../../protocol/rule.ts';
import { HOUR_MS, type Hours, type HourStats, usualAt } from './baseline.ts';

const WEEK_MS = 604_800_000;

/** Means of stored hours, by series (`<agent>/<task>`) and by the number of hours since the epoch. */
export type ReadMeans = (of: Pick<Rule, 'measurement' | 'field'>, from: number, to: number) => Promise<ReadonlyMap<string, Hours>>;

interface Lesson {
  readonly series: Map<string, Map<number, number>>;
  /** Hours before this one have been read. */
  upTo: number;
  readonly weeks: number;
}

/** Knows nothing until `learn` was called; what it knows grows by whole hours. */
export class Baselines {
  readonly #lessons = new Map<string, Lesson>();
  readonly #read: ReadMeans;

  constructor(read: ReadMeans) {
    this.#read = read;
  }

  /** What is usual for a series at that time; null while it is learnt. */
  usual(rule: Rule, agent: string, task: string, at: number): HourStats | null {
    const hours = this.#lessons.get(nameOf(rule))?.series.get(`${agent}/${task}`);
    if (hours === undefined || rule.baseline === undefined) return null;
    const learned = usualAt(hours, at, rule.baseline);
    return learned.status === 'learned' ? learned.stats : null;
  }

  /** Of how many series of the rule it is known what is usual now, and of how many it is not yet. */
  progress(rule: Rule, at: number): { readonly learned: number; readonly learning: number } {
    const all = [...(this.#lessons.get(nameOf(rule))?.series.values() ?? [])];
    const { baseline } = rule;
    const learned = baseline === undefined ? 0 : all.filter((hours) => usualAt(hours, at, baseline).status === 'learned').length;
    return { learned, learning: all.length - learned };
  }

  /** Reads the hours that have ended since the last time, for every rule that compares with earlier weeks. Cheap when there is none. */
  async learn(rules: Iterable<Rule>, now: number): Promise<void> {
    const end = Math.floor(now / HOUR_MS) * HOUR_MS;
    for (const rule of rules) {
      if (rule.kind !== 'baseline' || rule.baseline === undefined) continue;
      const name = nameOf(rule);
      const known = this.#lessons.get(name);
      const isEnough = known !== undefined && known.weeks >= rule.baseline.weeks;
      const lesson = isEnough ? known : { series: new Map<string, Map<number, number>>(), upTo: 0, weeks: rule.baseline.weeks };
      const from = Math.max(lesson.upTo, end - lesson.weeks * WEEK_MS - HOUR_MS);
      if (from >= end) continue;
      for (const [series, hours] of await this.#read(rule, from, end)) {
        const mine = lesson.series.get(series) ?? new Map<number, number>();
        lesson.series.set(series, mine);
        for (const [hour, mean] of hours) mine.set(hour, mean);
        for (const hour of mine.keys()) if (hour * HOUR_MS < end - (lesson.weeks + 1) * WEEK_MS) mine.delete(hour);
      }
      lesson.upTo = end;
      this.#lessons.set(name, lesson);
    }
  }
}

const nameOf = ({ measurement, field }: Pick<Rule, 'measurement' | 'field'>): string => `${measurement} ${field}`;
