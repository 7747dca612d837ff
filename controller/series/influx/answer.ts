// What /query answers, as series of ours.
import * as z from 'zod';
import type { FieldValue } from '../store.ts';
import { InfluxFailure } from './failure.ts';

type Cell = FieldValue | null;

const isCell = (value: unknown): value is Cell =>
  value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
const isRows = (value: unknown): boolean => Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every(isCell));
const isTexts = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  for (const name in value) if (typeof (value as Record<string, unknown>)[name] !== 'string') return false; // Border: any object's properties.
  return true;
};

/** Looked at and not copied: an answer may have ten thousand tables, or a hundred thousand cells. */
const Table = z.object({
  name: z.string().optional(),
  tags: z.custom<Readonly<Record<string, string>>>(isTexts).optional(),
  columns: z.array(z.string()),
  values: z.custom<readonly Cell[][]>(isRows).optional(),
});
const Answer = z.compile(
  z.object({
    error: z.string().optional(),
    results: z.array(z.object({ error: z.string().optional(), series: z.array(Table).optional() })).optional(),
  }),
);

export interface Table {
  readonly name: string;
  /** Without those that are empty: InfluxDB gives every key of the measurement. */
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly rows: readonly Cell[][];
}

/** The tables of the first statement. Throws InfluxFailure with the server's words. */
export const tablesOf = (text: string, what: string): Table[] => {
  const answer = answerOf(text, what);
  const [result] = answer.results ?? [];
  const error = answer.error ?? result?.error;
  if (error !== undefined) throw new InfluxFailure(/not found/i.test(error) ? 'missing' : 'failing', `${what}: ${error}`, error);
  return (result?.series ?? []).map(({ name = '', tags = {}, columns, values = [] }) => ({
    name,
    tags: filled(tags),
    columns,
    rows: values,
  }));
};

const answerOf = (text: string, what: string): z.infer<typeof Answer> => {
  try {
    return Answer.parse(JSON.parse(text));
  } catch (error) {
    throw new InfluxFailure('failing', `${what}: what came back is no answer of InfluxDB`, text.slice(0, 500), error);
  }
};

const filled = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const kept: Record<string, string> = {};
  for (const name in tags) {
    const value = tags[name] ?? '';
    if (value !== '') kept[name] = value;
  }
  return kept;
};
