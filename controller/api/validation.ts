// What comes in is checked by the route's schema, once; a refusal names every field, and the nearest name for one that does not exist.
import type { FastifySchemaCompiler } from 'fastify';
import * as z from 'zod';
import type { Problem } from '../../protocol/api.ts';
import { refuse } from './problem.ts';

type FieldError = NonNullable<Problem['errors']>[number];

/** Bodies are refused with 422, everything in the address with 400. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    const parsed = schema.safeParse(data, { error: (issue) => explain(issue, httpPart === 'querystring' ? 'parameter' : 'field') });
    if (parsed.success) return { value: parsed.data };
    const errors = parsed.error.issues.flatMap(fieldErrors);
    const detail = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
    return { error: refuse(httpPart === 'body' ? 422 : 400, detail, errors) };
  };

/** An unknown field is at fault itself, not the object that it is in. */
const fieldErrors = (issue: z.core.$ZodIssue): FieldError[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ path: z.core.toDotPath([...issue.path, key]), message: issue.message }))
    : [{ path: z.core.toDotPath(issue.path), message: withoutPrefix(issue) }];

/** Messages of the contract begin with what they speak of ("address: an IPv4 …"); beside the path that would be said twice. */
const withoutPrefix = ({ path, message }: z.core.$ZodIssue): string => {
  const last = String(path.at(-1) ?? '');
  return last !== '' && message.startsWith(`${last}: `) ? message.slice(last.length + 2) : message;
};

/** In plain words, where zod's own are those of a programmer; undefined: zod's will do. */
const explain = (issue: z.core.$ZodRawIssue, what: 'parameter' | 'field'): string | undefined => {
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'is needed' : NEEDED[issue.expected];
  if (issue.code !== 'unrecognized_keys') return undefined;
  const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
  const names = issue.keys.map((key) => nearest(key, known)).filter((name) => name !== null);
  return names.length === 0 ? `there is no such ${what}` : `there is no such ${what}; did you mean ${names.join(', ')}?`;
};

const NEEDED: Readonly<Record<string, string | undefined>> = {
  number: 'a number is needed',
  int: 'a whole number is needed',
  string: 'a text is needed',
  boolean: 'true or false is needed',
  array: 'a list is needed',
  object: 'an object is needed',
};

/** The known name that takes the fewest changed letters, when those are at most a third of it. */
export const nearest = (name: string, known: readonly string[]): string | null => {
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceOf(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .toSorted((a, b) => a.distance - b.distance);
  return best?.candidate ?? null;
};

/** Levenshtein's distance. Names of fields are short, and a longer text is near to none. */
const distanceOf = (a: string, b: string): number => {
  if (Math.abs(a.length - b.length) > 5) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row.at(-1) ?? 0;
};
