// One batch into InfluxDB until every line is either in or named as one that can never be: what is refused is halved until it stands alone.
import type { Point } from '../store.ts';
import type { RefusedPoint } from '../refused.ts';
import { errorText, type InfluxFailure } from './failure.ts';
import type { FieldTypes, InfluxType } from './field-types.ts';
import type { Lined } from './lines.ts';
import { refusalOf } from './refusal.ts';

export interface SettleOptions {
  /** Rejects with what `failureOf` makes an InfluxFailure. */
  readonly write: (lines: readonly string[]) => Promise<void>;
  readonly asFailure: (error: unknown) => InfluxFailure;
  readonly types: FieldTypes;
  /** What lies before this is beyond the server's retention, ms; null when it keeps everything or does not tell. */
  readonly keptFrom: () => number | null;
}

/** Lines of one request: large enough to be worth its fsync, small enough that halving a refused one is quick. */
const LINES_AT_ONCE = 5_000;

/** The points that were refused, with why; all others are in. Rejects with InfluxFailure when that is not about the points. */
export const settleAll = async (lined: readonly Lined[], options: SettleOptions): Promise<RefusedPoint[]> => {
  const refused: RefusedPoint[] = [];
  for (let start = 0; start < lined.length; start += LINES_AT_ONCE)
    refused.push(...(await settle(lined.slice(start, start + LINES_AT_ONCE), options)));
  return refused;
};

/** One request's. */
export const settle = async (batch: readonly Lined[], options: SettleOptions): Promise<RefusedPoint[]> => {
  if (batch.length === 0) return [];
  try {
    await options.write(batch.map(({ line }) => line));
    return [];
  } catch (error) {
    const failure = options.asFailure(error);
    if (failure.kind !== 'refused-lines' && failure.kind !== 'too-large') throw failure;
    const named = failure.kind === 'refused-lines' ? namedIn(failure.body, batch, options) : new Map<Lined, string>();
    if (named.size > 0) {
      const rest = batch.filter((one) => !named.has(one));
      return [...[...named].map(([{ point }, reason]) => ({ point, reason })), ...(await settle(rest, options))];
    }
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) return [{ point: first.point, reason: errorText(failure.body) || failure.message }];
    const half = Math.ceil(batch.length / 2);
    return [...(await settle(batch.slice(0, half), options)), ...(await settle(batch.slice(half), options))];
  }
};

const namedIn = (body: string, batch: readonly Lined[], { types, keptFrom }: SettleOptions): Map<Lined, string> => {
  const refusal = refusalOf(body);
  switch (refusal.kind) {
    case 'type-conflict': {
      const { measurement, field, type } = refusal;
      types.learn(measurement, field, type);
      const reason = `${measurement}.${field} is of type ${type} there`;
      return new Map(
        batch.filter(({ point, line }) => point.measurement === measurement && !isOf(type, point, field, line)).map((one) => [one, reason]),
      );
    }
    case 'beyond-retention': {
      const from = keptFrom();
      const reason = 'older than what the server keeps (retention)';
      return new Map(from === null ? [] : batch.filter(({ point }) => point.at < from).map((one) => [one, reason]));
    }
    case 'lines':
      return new Map(batch.flatMap((one, index) => (refusal.lines.has(index) ? [[one, refusal.lines.get(index) ?? ''] as const] : [])));
    case 'unknown':
      return new Map();
    default:
      return refusal satisfies never;
  }
};

/** Whether the value as it was written is of the type: a number went as an integer or a float. */
const isOf = (type: InfluxType, { fields }: Point, field: string, line: string): boolean => {
  const value = fields[field];
  if (value === undefined) return true;
  if (typeof value !== 'number') return typeof value === type;
  if (type !== 'integer' && type !== 'float') return false;
  return line.includes(`${field}=${value}i`) === (type === 'integer');
};
