// Where the windows are: a database of their own with a retention policy for each tier, because DELETE on 1.x takes from every policy of a database.
import type { RefusedPoint } from '../../refused.ts';
import type { Point, Retention, Tier } from '../../store.ts';
import { learnTypes } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { writePath } from '../dialect.ts';
import { failureFrom, type InfluxFailure } from '../failure.ts';
import { type FieldTypes, openFieldTypes } from '../field-types.ts';
import type { InfluxHttp } from '../http.ts';
import { encodeAll, openEncoder } from '../lines.ts';
import { type InfluxSettings, shownUrl } from '../settings.ts';
import { commandBeside, commandsFor } from '../commands.ts';
import { provision } from '../provision.ts';
import { settleAll } from '../settle.ts';
import { type LineWriter, openLineWriter } from '../writer.ts';

export type RolledTier = Exclude<Tier, 'raw'>;
/** Finest first, as they are made of each other. */
export const ROLLED_TIERS: readonly RolledTier[] = ['1m', '5m', '1h'];

export interface TierPlace {
  readonly tier: RolledTier;
  readonly keptMs: number;
  readonly types: FieldTypes;
  /** It was not there before. */
  readonly isNew: boolean;
  /** Those that were refused; all others are in. Rejects with InfluxFailure. */
  write(points: readonly Point[]): Promise<readonly RefusedPoint[]>;
}

const DAY_MS = 86_400_000;
const FOR_EVER_DAYS = 36_500;

export const rollUpDatabase = ({ database }: Pick<InfluxSettings, 'database'>): string => `${database}_rollups`;

/** The settings of one tier's place. */
export const tierSettings = (settings: InfluxSettings, tier: RolledTier, retention: Retention): InfluxSettings => {
  const days = Math.ceil(retention[tier] / DAY_MS);
  return { ...settings, database: rollUpDatabase(settings), retentionPolicy: tier, retentionDays: days > FOR_EVER_DAYS ? 0 : days };
};

/** Finds or makes them, with the retention that is asked for. Rejects with InfluxFailure. */
export const openPlaces = async (
  http: InfluxHttp,
  settings: InfluxSettings,
  dialect: Dialect,
  retention: Retention,
  timeoutMs: number,
): Promise<readonly TierPlace[]> => {
  const places: TierPlace[] = [];
  for (const tier of ROLLED_TIERS) {
    const own = tierSettings(settings, tier, retention);
    const { isNew } = await provision(http, own, dialect, true);
    const writer = openLineWriter(own, { ...dialect, writePath: writePath(own, dialect.major) }, timeoutMs);
    const types = openFieldTypes();
    await learnTypes(http, { db: own.database, rp: tier }, types);
    places.push({ tier, keptMs: retention[tier], types, isNew, write: writeTo(shownUrl(own), writer, types) });
  }
  return places;
};

const writeTo = (url: string, { write }: LineWriter, types: FieldTypes): TierPlace['write'] => {
  const encoder = openEncoder(types);
  const asFailure = (error: unknown): InfluxFailure => failureFrom(error, 'roll up', url);
  return async (points) => {
    const { lined, refused } = encodeAll(encoder, points);
    return [...refused, ...(await settleAll(lined, { write, asFailure, types, keptFrom: () => null }))];
  };
};

/** A coarser tier is kept at least as long as a finer one. */
export const lasting = (retention: Retention): Retention => {
  const fives = Math.max(retention['5m'], retention['1m'], retention.raw);
  return { raw: retention.raw, '1m': Math.max(retention['1m'], retention.raw), '5m': fives, '1h': Math.max(retention['1h'], fives) };
};

/** What to type where we may not make them. */
export const placeCommands = (settings: InfluxSettings, retention: Retention, major: Dialect['major']): string[] => {
  const [first, ...others] = ROLLED_TIERS.map((tier) => tierSettings(settings, tier, retention));
  return first === undefined
    ? []
    : [...commandsFor(first, major, { place: true, right: true }), ...others.map((one) => commandBeside(one, major))];
};
