// What /query answers, as series of ours.
import * as z from 'zod';
import type { FieldValue } from '../store.ts';
import { InfluxFailure } from './failure.ts';

const Cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const Table = z.object({
  name: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  columns: z.array(z.string()),
  values: z.array(z.array(Cell)).optional(),
});
/** Compiled: an answer may have a hundred thousand cells. */
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
  readonly rows: readonly (readonly (FieldValue | null)[])[];
}

/** The tables of the first statement. Throws InfluxFailure with the server's words. */
export const tablesOf = (text: string, what: string): Table[] => {
  const answer = Answer.parse(JSON.parse(text));
  const [result] = answer.results ?? [];
  const error = answer.error ?? result?.error;
  if (error !== undefined) throw new InfluxFailure(/not found/i.test(error) ? 'missing' : 'failing', `${what}: ${error}`, error);
  return (result?.series ?? []).map(({ name = '', tags = {}, columns, values = [] }) => ({
    name,
    tags: Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== '')),
    columns,
    rows: values,
  }));
};
