// Lists of things as CSV: `?format=csv`, or `Accept: text/csv`. Series have their own (asked-csv.ts).
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { csvRows } from './csv.ts';

/** In the query string of every list. */
export const Format = z.enum(['json', 'csv']).optional().describe('json unless said here, or in Accept: text/csv');
/** For a list that has no other parameter. */
export const FormatQuery = z.object({ format: Format });
export const LIST_TYPES = ['application/json', 'text/csv'];

type List = z.ZodObject<{ readonly [name: string]: z.ZodArray<z.ZodObject> }>;
type Cell = string | number | null;

/** The document of a list, or its rows as CSV where that is what is asked for. */
export const answerList = <T extends List>(request: FastifyRequest, reply: FastifyReply, list: T, document: z.infer<T>): z.infer<T> => {
  if (!wantsCsv(request)) return document;
  const [name = 'list'] = Object.keys(list.shape);
  return sendCsv(reply, name, listAsCsv(Object.keys(list.shape[name]?.element.shape ?? {}), Object.values(document).flat())) as never; // Border: the route's type knows the JSON answer only.
};

export const sendCsv = (reply: FastifyReply, name: string, text: string): FastifyReply =>
  reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name.replaceAll(/[^\w.-]+/g, '_')}.csv"`)
    .serializer((own: string) => own)
    .send(text);

const wantsCsv = ({ query, headers }: FastifyRequest): boolean => {
  const { format } = FormatQuery.parse(query);
  return format === undefined ? /^text\/csv\b/.test(headers.accept ?? '') : format === 'csv';
};

/** A row a thing. What lies inside another has a name such as labels.site, times are ISO 8601 in UTC, and several stand in one cell.
 * `names`: what every row has or may have, in the order of the columns. Pure. */
export const listAsCsv = (names: readonly string[], rows: readonly object[]): string => {
  const flat = rows.map((row) => new Map(cellsOf('', row)));
  const found = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const columns = names.flatMap((name) => {
    const own = found.filter((column) => column === name || column.startsWith(`${name}.`));
    const inside = own.filter((column) => column !== name);
    return inside.length > 0 ? inside : [name];
  });
  return csvRows([columns, ...flat.map((row) => columns.map((column) => row.get(column) ?? null))]);
};

const cellsOf = (path: string, value: unknown): [string, Cell][] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, cellOf(path, value)]];
  return Object.entries(value).flatMap(([key, own]) => cellsOf(path === '' ? key : `${path}.${key}`, own));
};

const TIME = /(^|\.)(at|since|[a-z]+At)$/;

const cellOf = (path: string, value: unknown): Cell => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return TIME.test(path) ? new Date(value).toISOString() : value;
  if (Array.isArray(value)) return value.map(textOf).join('; ');
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** One of several: `ams1 gw 0.2`. */
const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .flatMap(([key, own]) =>
          own === null || own === undefined ? [] : [typeof own === 'object' ? JSON.stringify(own) : String(cellOf(key, own))],
        )
        .join(' ')
    : String(value);
