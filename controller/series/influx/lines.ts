// Points as line protocol, escaped by the client library's own rules.
import { escape } from '@influxdata/influxdb-client';
import type { RefusedPoint } from '../refused.ts';
import type { FieldValue, Point } from '../store.ts';
import type { FieldTypes, InfluxType } from './field-types.ts';

export interface Encoder {
  /** The line, or why there can be none. Timestamps are in microseconds (`precision=u` on 1.x, `us` on 2.x). */
  encode(point: Point): { readonly line: string } | { readonly refused: string };
  /** Counted up with each series that has not come before. */
  readonly seriesSeen: number;
}

export interface Lined {
  readonly point: Point;
  readonly line: string;
}

/** Points as lines, and those that can be none. */
export const encodeAll = (
  encoder: Encoder,
  points: readonly Point[],
): { readonly lined: readonly Lined[]; readonly refused: readonly RefusedPoint[] } => {
  const lined: Lined[] = [];
  const refused: RefusedPoint[] = [];
  for (const point of points) {
    const encoded = encoder.encode(point);
    if ('line' in encoded) lined.push({ point, line: encoded.line });
    else refused.push({ point, reason: encoded.refused });
  }
  return { lined, refused };
};

const MOST_HEADS = 200_000;

/** Heads of series (measurement and tags) are kept: they are the same every few seconds. */
export const openEncoder = (types: FieldTypes): Encoder => {
  const heads = new Map<string, string>();
  const names = new Map<string, string>();
  let seriesSeen = 0;
  const headOf = ({ measurement, tags }: Point): string => {
    let key = measurement;
    for (const name in tags) key += `\u0000${name}\u0000${tags[name]}`;
    const known = heads.get(key);
    if (known !== undefined) return known;
    if (heads.size >= MOST_HEADS) heads.clear();
    let head = escape.measurement(measurement);
    for (const name of Object.keys(tags).sort()) {
      const value = tags[name] ?? '';
      if (value !== '') head += `,${escape.tag(name)}=${tagValue(value)}`;
    }
    heads.set(key, head);
    seriesSeen += 1;
    return head;
  };
  /** With what stands around it. */
  const nameOf = (field: string): string => {
    const known = names.get(field);
    if (known !== undefined) return known;
    const name = `,${escape.tag(field)}=`;
    names.set(field, name);
    return name;
  };
  return {
    get seriesSeen() {
      return seriesSeen;
    },
    encode(point) {
      const { measurement, fields, integers } = point;
      const known = types.fieldsOf(measurement);
      let text = '';
      for (const field in fields) {
        const value = fields[field];
        if (value === undefined) continue;
        const type = known.get(field) ?? types.typeOf(measurement, field, value, integers?.includes(field) ?? false);
        const written = textOf(value, type);
        if (written === null) return { refused: `${measurement}.${field}: ${refusal(value, type)}` };
        text += `${nameOf(field)}${written}`;
      }
      if (text === '') return { refused: `${measurement}: a point without fields` };
      return { line: `${headOf(point)} ${text.slice(1)} ${point.at}000` };
    },
  };
};

/** A value may not end in a backslash: it would escape what follows. */
const tagValue = (value: string): string => escape.tag(value.endsWith('\\') ? `${value} ` : value);

/** null: the value cannot be of that type. A text is seldom one that has to be escaped. */
const textOf = (value: FieldValue, type: InfluxType): string | null => {
  if (typeof value === 'number') {
    if (type === 'integer') return Number.isSafeInteger(value) ? `${value}i` : null;
    return type === 'float' && Number.isFinite(value) ? String(value) : null;
  }
  if (typeof value === 'string') return type !== 'string' ? null : /["\\]/.test(value) ? escape.quoted(value) : `"${value}"`;
  return type === 'boolean' ? (value ? 't' : 'f') : null;
};

const WANTED: Readonly<Record<InfluxType, string>> = {
  string: 'a text',
  boolean: 'true or false',
  integer: 'an integer',
  float: 'a number',
};

/** Names no value: so a thousand points are one reason. */
const refusal = (value: FieldValue, type: InfluxType): string => {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value} cannot be stored`;
  const came =
    typeof value === 'string'
      ? 'a text'
      : typeof value === 'boolean'
        ? 'true or false'
        : Number.isInteger(value)
          ? 'a number'
          : 'a fraction';
  return `${came} is not ${WANTED[type]}, as the field is`;
};
