// Roll-ups in InfluxDB, ours and not its own: continuous queries are of 1.x alone, tasks of 2.x, and neither can merge sketches.
import { type Clock, slept } from '../../../../protocol/time.ts';
import { bestTier, HOUR_MS, planRange, RAW, withoutWaiting } from '../../sqlite/plan.ts';
import { type Maintained, type Retention, type SeriesQuery, type TagFilter, TIERS } from '../../store.ts';
import type { Table } from '../answer.ts';
import type { Connection } from '../connection.ts';
import { type FailureKind, InfluxFailure } from '../failure.ts';
import { rangeQuery } from '../influxql.ts';
import { listTags } from '../query.ts';
import type { Reader } from '../reader.ts';
import type { InfluxSettings } from '../settings.ts';
import { hourOf, type Ledger, type LookBack, openLedger, type Part, type Run } from './ledger.ts';
import type { RollUpNotes } from './notes.ts';
import { lasting, openPlaces, placeCommands, rollUpDatabase, type TierPlace } from './places.ts';
import type { PlannedSegment } from './query.ts';
import { keeps, statsFor } from './fields.ts';
import { learnWindows, windowsOf } from './roll.ts';

/** What an operator sees of them. */
export interface RollUpState {
  readonly database: string;
  /** Hours of somebody's series that are over and not rolled up yet. */
  readonly hoursWaiting: number;
  /** Whose series' past has not all been looked at. */
  readonly partsBehind: number;
  /** Why it does not go on; null when it does. */
  readonly message: string | null;
  /** What to type where the places have to be made by somebody else. */
  readonly commands: readonly string[];
}

export interface RollUps extends Pick<Ledger, 'begin'> {
  /** One bounded piece. Rejects with InfluxFailure when InfluxDB is not there; when only the places are missing, the state says so. */
  piece(now: number, retention: Retention): Promise<Maintained>;
  /** From which tier which part of a bucketed question is answered; null: all of it from the points. */
  plan(query: SeriesQuery, bucketMs: number, now: number): Promise<readonly PlannedSegment[] | null>;
  /** A question has failed. True when places may be gone: until they are made anew the points answer, so it is worth asking again. */
  haveFailed(error: unknown): boolean;
  /** Where series are found whose points are gone; none while there are no places. */
  readers(): readonly Reader[];
  state(now: number): RollUpState;
}

export interface RollUpOptions {
  readonly settings: InfluxSettings;
  readonly connection: Connection;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly notes: RollUpNotes;
}

/** An hour is rolled up when it is over and rounds have had this long to come in. */
const AFTER_MS = 2 * 60_000;
const POINTS_AT_ONCE = 5_000;
const SERIES_AT_ONCE = 10;
/** Live points go first: it rests half as long as a piece took. */
const MOST_REST_MS = 1_000;
const PLACES_AGAIN_MS = 10 * 60_000;
/** With more segments than this the points are no slower. */
const MOST_SEGMENTS = 24;

export const openRollUps = ({ settings, connection, reader, clock, timeoutMs, notes }: RollUpOptions): RollUps => {
  const ledger = openLedger(notes);
  let places: readonly TierPlace[] | null = null;
  let kept: Retention | null = null;
  let nextPlacesAt = Number.NEGATIVE_INFINITY;
  let wereMade = false;
  let message: string | null = null;
  let commands: readonly string[] = [];
  const nothing: Maintained = { more: false, windowsRolledUp: 0, rowsDeleted: 0 };

  /** The places, made anew when the retention has changed; null while they cannot be. */
  const ready = async (now: number, retention: Retention): Promise<readonly TierPlace[] | null> => {
    if (clock.monotonic() < nextPlacesAt && kept !== null && TIERS.every((tier) => kept?.[tier] === retention[tier])) return places;
    const { dialect } = await connection.ready();
    try {
      const found = await openPlaces(connection.http, settings, dialect, retention, timeoutMs);
      wereMade ||= found.some(({ isNew }) => isNew);
      if (wereMade) await ledger.distrust(hourOf(now)); // whatever had been in them is gone
      wereMade = false;
      places = found;
      [message, commands] = [null, []];
    } catch (error) {
      if (!(error instanceof InfluxFailure) || PASSING.has(error.kind) || (error.kind === 'failing' && places !== null)) throw error;
      places = null;
      [message, commands] = [error.message, placeCommands(settings, retention, dialect.major)];
    }
    kept = retention;
    nextPlacesAt = clock.monotonic() + PLACES_AGAIN_MS;
    return places;
  };
  const haveFailed = (error: unknown): boolean => {
    if (!(error instanceof InfluxFailure) || error.kind !== 'missing') return false;
    places = null;
    nextPlacesAt = Number.NEGATIVE_INFINITY;
    return true;
  };
  /** The first hour that all points of are kept: as long as the server says; where it says for ever, 1.x has ours deleted by us, and 3.x may not have told. */
  const firstHour = async (now: number, { raw }: Retention): Promise<number> => {
    const { place, dialect } = await connection.ready();
    const keptMs = place.retentionMs ?? (dialect.major === 2 ? Number.POSITIVE_INFINITY : raw);
    return Math.max(0, Math.ceil((now - keptMs) / HOUR_MS));
  };
  const rollUp = async ({ part, hours, done }: Run, into: readonly TierPlace[], fromHour: number, now: number): Promise<void> => {
    const whole = hours.filter((hour) => hour >= fromHour); // what is older than the points are kept stays as it was rolled up
    const [first, last] = [whole[0], whole.at(-1)];
    if (first !== undefined && last !== undefined) {
      let most = 0;
      for (const tags of await slicesOf(part)) {
        const range = { measurement: part.measurement, tags, from: first * HOUR_MS, to: (last + 1) * HOUR_MS };
        const tables = await reader.ask(rangeQuery(reader.source, range));
        most = Math.max(
          most,
          tables.reduce((sum, { rows }) => sum + rows.length, 0),
        );
        await writeWindows(part.measurement, tables, into, now);
      }
      part.pointsAnHour = Math.max(1, Math.ceil(most / (last + 1 - first)));
    }
    await done();
  };
  const writeWindows = async (measurement: string, tables: readonly Table[], into: readonly TierPlace[], now: number): Promise<void> => {
    const { fields, tiers } = windowsOf(measurement, tables, connection.types);
    for (const [i, { write, types, keptMs }] of into.entries()) {
      learnWindows(measurement, fields, types);
      const refused = await write((tiers[i] ?? []).filter(({ at }) => at >= now - keptMs));
      const [one] = refused;
      if (one !== undefined) message = `${refused.length} windows of ${measurement} are refused: ${one.reason}`;
    }
  };
  /** A part with many series a few at a time, by the tag that tells most of them apart: an answer of millions of cells would hold up everybody. */
  const slicesOf = async (part: Part): Promise<readonly TagFilter[]> => {
    const { measurement, tags } = askOf(part);
    const series = await listTags([reader], measurement, tags);
    if (series.length <= SERIES_AT_ONCE) return [tags];
    const keys = new Set(series.flatMap((one) => Object.keys(one)));
    const values = [...keys].map((key) => ({ key, all: [...new Set(series.map((one) => one[key] ?? ''))] }));
    const { key, all } = values.reduce((best, one) => (one.all.length > best.all.length ? one : best));
    return Array.from({ length: Math.ceil(all.length / SERIES_AT_ONCE) }, (_, i) => ({
      ...tags,
      [key]: all.slice(i * SERIES_AT_ONCE, (i + 1) * SERIES_AT_ONCE),
    }));
  };
  /** The newest older hours of a part that have points, given over to be rolled up. */
  const lookBack = async ({ part, found }: LookBack, fromHour: number): Promise<void> => {
    const range = { ...askOf(part), from: fromHour * HOUR_MS, to: part.fromHour * HOUR_MS };
    const [newest] = fromHour < part.fromHour ? await reader.ask(rangeQuery(reader.source, range, 'newest')) : [];
    const at = newest?.rows[0]?.[0];
    if (typeof at !== 'number' || at >= range.to) return found(null);
    const last = hourOf(at);
    const first = Math.max(fromHour, last - HOURS_BACK + 1);
    await found(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  };

  return {
    begin: ledger.begin,
    async piece(now, asked) {
      const retention = lasting(asked);
      const into = await ready(now, retention);
      if (into === null) {
        await ledger.postpone(hourOf(now)); // nothing piles up: once the places are there, the past is looked at
        return nothing;
      }
      const began = clock.monotonic();
      const fromHour = await firstHour(now, retention);
      const run = ledger.next(hourOf(now - AFTER_MS), POINTS_AT_ONCE);
      const behind = run === null ? ledger.nextBehind() : null;
      if (run === null && behind === null) return nothing;
      try {
        if (run !== null) await rollUp(run, into, fromHour, now);
        else if (behind !== null) await lookBack(behind, fromHour);
      } catch (error) {
        haveFailed(error);
        throw error;
      }
      await slept(clock, Math.min(MOST_REST_MS, (clock.monotonic() - began) / 2), new AbortController().signal);
      return { more: true, windowsRolledUp: run?.hours.length ?? 0, rowsDeleted: 0 };
    },
    async plan(query, bucketMs, now) {
      if (places === null || kept === null) return null;
      const parts = isKept(query) ? await ledger.partsOf(query.measurement, query.tags) : null;
      const { from, to } = query;
      const rawFloor = (await firstHour(now, kept)) * HOUR_MS;
      const floors = TIERS.map((tier, i) => (i === RAW ? rawFloor : now - (kept?.[tier] ?? 0)));
      const notBefore = Math.max(from, rawFloor, Math.ceil((floors[bestTier(bucketMs)] ?? 0) / HOUR_MS) * HOUR_MS);
      const rolledFrom = parts === null ? to : Math.min(to, Math.max(notBefore, ...parts.map(({ fromHour }) => fromHour * HOUR_MS)));
      const hours = [...new Set(parts?.flatMap(({ waiting }) => waiting) ?? [])].sort((a, b) => a - b);
      const rolled = withoutWaiting(planRange({ from: rolledFrom, to, bucketMs }, floors), hours, rawFloor);
      const segments = joined([
        // Whatever is known of them, nothing but windows is left of what was ours.
        ...planRange({ from, to: Math.min(to, rawFloor), bucketMs }, floors).map((one) =>
          parts === null ? { ...one, orPoints: true } : one,
        ),
        { tier: RAW, from: Math.max(from, rawFloor), to: rolledFrom },
        ...rolled.map((segment) => (segment.tier === MINUTES ? { ...segment, tier: RAW } : segment)),
      ]);
      if (segments.every(({ tier }) => tier === RAW)) return null;
      return segments.length > MOST_SEGMENTS ? coarse(segments, Math.ceil(rawFloor / HOUR_MS) * HOUR_MS, query.to) : segments;
    },
    haveFailed,
    readers: () => (places === null ? [] : [reader.of(rollUpDatabase(settings), '1h')]),
    state: (now) => ({
      database: rollUpDatabase(settings),
      hoursWaiting: ledger.due(hourOf(now - AFTER_MS)),
      partsBehind: ledger.behind,
      message,
      commands,
    }),
  };
};

const HOURS_BACK = 24;
/** What InfluxDB is now and then; it says nothing of what we may do there. */
const PASSING: ReadonlySet<FailureKind> = new Set(['unreachable', 'slow', 'busy', 'disk-full']);

/** Points are read instead while there are any: not every series has such windows. */
const MINUTES = TIERS.indexOf('1m');

const isKept = ({ measurement, fields }: SeriesQuery): boolean =>
  statsFor(fields).every(({ field, stat }) => keeps(measurement, field, stat));

const askOf = ({ measurement, tag, value }: Part): Pick<SeriesQuery, 'measurement' | 'tags'> => ({ measurement, tags: { [tag]: [value] } });

/** All that is kept as points from the points. */
const coarse = (segments: readonly PlannedSegment[], rawFrom: number, to: number): PlannedSegment[] => [
  ...segments.filter(({ from }) => from < rawFrom).map((segment) => ({ ...segment, to: Math.min(segment.to, rawFrom) })),
  { tier: RAW, from: Math.max(rawFrom, segments[0]?.from ?? rawFrom), to },
];

/** Neighbours of one tier as one. */
const joined = (segments: readonly PlannedSegment[]): PlannedSegment[] => {
  const all: PlannedSegment[] = [];
  for (const segment of segments) {
    const before = all.at(-1);
    if (segment.from >= segment.to) continue;
    if (before !== undefined && before.tier === segment.tier && before.to === segment.from)
      all[all.length - 1] = { ...before, to: segment.to };
    else all.push(segment);
  }
  return all;
};
