// Points as line protocol, escaped by the client library's own rules.
import { escape } from '@influxdata/influxdb-client';
import type { Point } from '../store.ts';
import type { FieldTypes, InfluxType } from './field-types.ts';

export interface Encoder {
  /** The line, or why there can be none. Timestamps are in microseconds (`precision=u` on 1.x, `us` on 2.x). */
  encode(point: Point): { readonly line: string } | { readonly refused: string };
}

const MOST_HEADS = 200_000;

/** Heads of series (measurement and tags) are kept: they are the same every few seconds. */
export const openEncoder = (types: FieldTypes): Encoder => {
  const heads = new Map<string, string>();
  const names = new Map<string, string>();
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
    return head;
  };
  const nameOf = (field: string): string => {
    const known = names.get(field);
    if (known !== undefined) return known;
    const name = escape.tag(field);
    names.set(field, name);
    return name;
  };
  return {
    encode(point) {
      let text = '';
      for (const field in point.fields) {
        const value = point.fields[field];
        if (value === undefined) continue;
        const written = valueOf(value, types.typeOf(point.measurement, field, value, point.integers?.includes(field) ?? false));
        if ('refused' in written) return { refused: `${point.measurement}.${field}: ${written.refused}` };
        text += `${text === '' ? '' : ','}${nameOf(field)}=${written.text}`;
      }
      if (text === '') return { refused: `${point.measurement}: a point without fields` };
      return { line: `${headOf(point)} ${text} ${point.at}000` };
    },
  };
};

/** A value may not end in a backslash: it would escape what follows. */
const tagValue = (value: string): string => escape.tag(value.endsWith('\\') ? `${value} ` : value);

/** Reasons name no value: so a thousand points are one reason. */
const valueOf = (value: number | string | boolean, type: InfluxType): { readonly text: string } | { readonly refused: string } => {
  if (typeof value === 'number' && !Number.isFinite(value)) return { refused: `${value} cannot be stored` };
  switch (type) {
    case 'string':
      return typeof value === 'string' ? { text: escape.quoted(value) } : wrong(value, 'a text');
    case 'boolean':
      return typeof value === 'boolean' ? { text: value ? 't' : 'f' } : wrong(value, 'true or false');
    case 'integer':
      if (typeof value !== 'number') return wrong(value, 'an integer');
      return Number.isSafeInteger(value) ? { text: `${value}i` } : { refused: 'a fraction is not an integer, as the field is' };
    case 'float':
      return typeof value === 'number' ? { text: String(value) } : wrong(value, 'a number');
    default:
      return type satisfies never;
  }
};

const wrong = (value: number | string | boolean, wanted: string): { readonly refused: string } => ({
  refused: `${typeof value === 'number' ? 'a number' : typeof value === 'string' ? 'a text' : 'true or false'} is not ${wanted}, as the field is`,
});
