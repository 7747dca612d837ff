// Series from elsewhere: what Telegraf and scripts write to us, kept apart by who wrote it, each with a budget of series.
import { createHash } from 'node:crypto';
import type { Clock } from '../../protocol/time.ts';
import { type BadLine, parseLines, type Precision } from '../series/line-protocol.ts';
import type { Point, SeriesStore } from '../series/store.ts';
import { PointsRefused } from '../series/refused.ts';
import type { State } from '../state/database.ts';

/** The tag that says who wrote a series. Series of our own agents have none. */
export const ORIGIN = 'origin';

export interface Written {
  readonly stored: number;
  /** In the order of their lines. */
  readonly bad: readonly BadLine[];
}

export interface Origins {
  /** Good lines are durably stored when it resolves, bad ones named. Rejects when the store cannot write now: then the sender keeps all of it. */
  write(origin: string, text: string, precision: Precision): Promise<Written>;
  /** Series that each origin may have. */
  readonly seriesBudget: number;
  /** How many series each origin has. */
  list(): Promise<{ readonly origin: string; readonly series: number }[]>;
}

export interface OriginsOptions {
  readonly store: Pick<SeriesStore, 'write'>;
  readonly state: State;
  readonly clock: Pick<Clock, 'now'>;
  /** Series that one origin may have. */
  readonly seriesBudget: number;
  /** Told what is stored, for the rules; does not hold up the sender. */
  readonly onStored?: (points: readonly Point[]) => void;
}

const ROWS_AT_ONCE = 500;

export const openOrigins = ({ store, state, clock, seriesBudget, onStored }: OriginsOptions): Origins => {
  const known = new Map<string, Set<string>>();
  const seriesOf = async (origin: string): Promise<Set<string>> => {
    const there = known.get(origin);
    if (there !== undefined) return there;
    const rows = await state.selectFrom('origin_series').select('series').where('origin', '=', origin).execute();
    const loaded = new Set(rows.map(({ series }) => series));
    known.set(origin, loaded);
    return loaded;
  };
  const remember = async (origin: string, series: readonly string[]): Promise<void> => {
    for (let start = 0; start < series.length; start += ROWS_AT_ONCE)
      await state
        .insertInto('origin_series')
        .values(series.slice(start, start + ROWS_AT_ONCE).map((one) => ({ origin, series: one })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  };
  return {
    seriesBudget,
    async write(origin, text, precision) {
      const parsed = parseLines(text, precision, Math.floor(clock.now()));
      const bad: BadLine[] = [...parsed.bad];
      const series = await seriesOf(origin);
      const fresh: string[] = [];
      const lineOf = new Map<Point, number>();
      for (const { line, ...point } of parsed.points) {
        const own = { ...point, tags: { ...point.tags, [ORIGIN]: origin } };
        const key = seriesKey(own);
        if (!series.has(key)) {
          if (series.size >= seriesBudget) {
            bad.push({
              line,
              reason: `over the budget of ${seriesBudget} series for ${origin}: ${own.measurement} with these tags is one more`,
            });
            continue;
          }
          series.add(key);
          fresh.push(key);
        }
        lineOf.set(own, line);
      }
      // What the store does not take costs no budget. Two writes of one new series at a time may free it once too often: its next line takes it again.
      const free = (keys: readonly string[]): void => keys.forEach((key) => series.delete(key));
      try {
        bad.push(...(await store_(store, [...lineOf.keys()], lineOf)));
        const refused = new Set(bad.map(({ line }) => line));
        const stored = [...lineOf].flatMap(([point, line]) => (refused.has(line) ? [] : [point]));
        const kept = fresh.length === 0 ? fresh : [...new Set(fresh).intersection(new Set(stored.map(seriesKey)))];
        free([...new Set(fresh).difference(new Set(kept))]);
        await remember(origin, kept);
        onStored?.(stored);
      } catch (error) {
        free(fresh);
        throw error;
      }
      return { stored: parsed.points.length + parsed.bad.length - bad.length, bad: bad.toSorted((a, b) => a.line - b.line) };
    },
    async list() {
      const rows = await state
        .selectFrom('origin_series')
        .select(['origin', ({ fn }) => fn.countAll<number>().as('series')])
        .groupBy('origin')
        .orderBy('origin')
        .execute();
      return rows.map(({ origin, series }) => ({ origin, series: Number(series) }));
    },
  };
};

/** What the store refuses is the sender's to know, by its line. */
const store_ = async (
  store: Pick<SeriesStore, 'write'>,
  points: readonly Point[],
  lineOf: ReadonlyMap<Point, number>,
): Promise<BadLine[]> => {
  const bad: BadLine[] = [];
  let rest = points;
  while (rest.length > 0) {
    try {
      await store.write(rest);
      break;
    } catch (error) {
      if (!(error instanceof PointsRefused) || error.refused.length === 0) throw error;
      bad.push(...error.refused.map(({ point, reason }) => ({ line: lineOf.get(point) ?? 0, reason })));
      const gone = new Set(error.refused.map(({ point }) => point));
      rest = error.othersStored ? [] : rest.filter((point) => !gone.has(point));
    }
  }
  return bad;
};

const seriesKey = ({ measurement, tags }: Point): string =>
  createHash('sha256')
    .update(JSON.stringify([measurement, ...Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1))]))
    .digest('base64')
    .slice(0, 22);
