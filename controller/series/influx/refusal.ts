// What InfluxDB says about lines that it refuses. The lines beside them are stored: a 400 or 422 is a partial write.
import * as z from 'zod';
import { errorText } from './failure.ts';
import { type InfluxType, influxType } from './field-types.ts';

export type Refusal =
  /** Every value of that field that is not of the type is refused, in this batch and later. */
  | { readonly kind: 'type-conflict'; readonly measurement: string; readonly field: string; readonly type: InfluxType }
  | { readonly kind: 'beyond-retention' }
  /** 3.x names them: indexes into the lines of the request. */
  | { readonly kind: 'lines'; readonly lines: ReadonlyMap<number, string> }
  | { readonly kind: 'unknown'; readonly reason: string };

const Version3 = z.object({
  data: z.union([
    z.array(z.object({ line_number: z.int(), error_message: z.string() })),
    z.object({ line_number: z.int(), error_message: z.string() }).transform((one) => [one]),
  ]),
});

/** Pure. `body` is the answer as it came. */
export const refusalOf = (body: string): Refusal => {
  const named = version3(body);
  if (named !== null) return { kind: 'lines', lines: named };
  const text = errorText(body);
  const conflict = /field type conflict: input field "(.*)" on measurement "(.*)" is type (\w+), already exists as type (\w+)/.exec(text);
  const type = influxType(conflict?.[4] ?? '');
  if (conflict !== null && type !== null) return { kind: 'type-conflict', field: conflict[1] ?? '', measurement: conflict[2] ?? '', type };
  if (/beyond retention policy/i.test(text)) return { kind: 'beyond-retention' };
  return { kind: 'unknown', reason: text };
};

const version3 = (body: string): ReadonlyMap<number, string> | null => {
  if (!body.trimStart().startsWith('{')) return null;
  try {
    const parsed = Version3.safeParse(JSON.parse(body));
    return parsed.success ? new Map(parsed.data.data.map((one) => [one.line_number - 1, one.error_message])) : null;
  } catch {
    return null;
  }
};
