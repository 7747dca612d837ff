// The database, bucket and retention that the points go to: made where that is permitted.
import * as z from 'zod';
import { type Table, tablesOf } from './answer.ts';
import { createDatabase, placeName, policy } from './commands.ts';
import type { Dialect } from './dialect.ts';
import { InfluxFailure } from './failure.ts';
import type { InfluxHttp } from './http.ts';
import { identifier } from './influxql.ts';
import type { InfluxSettings } from './settings.ts';

export interface Place {
  /** How long the server keeps points there, ms; null: for ever, or it does not tell. */
  readonly retentionMs: number | null;
  /** It was made just now. */
  readonly isNew: boolean;
}

/** Finds the place or makes it; `isOurs`: one that keeps points longer or shorter than the settings say is changed. Rejects with InfluxFailure: `missing` and `unauthorised` carry what has to be done. */
export const provision = async (http: InfluxHttp, settings: InfluxSettings, { major }: Dialect, isOurs = false): Promise<Place> => {
  switch (major) {
    case 1:
      return provision1(http, settings, isOurs);
    case 2:
      return provision2(http, settings, isOurs);
    case 3:
      return provision3(http, settings);
    default:
      return major satisfies never;
  }
};

const provision1 = async (http: InfluxHttp, settings: InfluxSettings, isOurs: boolean): Promise<Place> => {
  const { database, retentionPolicy } = settings;
  const names = cells(await ask1(http, 'SHOW DATABASES'), 'name');
  const isNew = !names.includes(database);
  if (isNew) await ask1(http, createDatabase(settings));
  const retentionMs = await policyThere(http, settings);
  if (retentionMs !== undefined) {
    if (!isOurs || retentionMs === wantedMs(settings)) return { retentionMs, isNew };
    await ask1(http, policy('ALTER', settings));
    return { retentionMs: wantedMs(settings), isNew };
  }
  if (retentionPolicy === '') return { retentionMs: null, isNew };
  await ask1(http, policy('CREATE', settings));
  return { retentionMs: wantedMs(settings), isNew: true };
};

/** How long the policy keeps points, ms, null: for ever; undefined when there is none. */
const policyThere = async (http: InfluxHttp, { database, retentionPolicy }: InfluxSettings): Promise<number | null | undefined> => {
  const [policies] = await ask1(http, `SHOW RETENTION POLICIES ON ${identifier(database)}`);
  const found = rowsOf(policies).find((row) => (retentionPolicy === '' ? row['default'] === true : row['name'] === retentionPolicy));
  return found === undefined ? undefined : goDurationMs(String(found['duration'] ?? ''));
};

const wantedMs = ({ retentionDays }: InfluxSettings): number | null => (retentionDays > 0 ? retentionDays * 86_400_000 : null);

/** One statement, on 1.x. Rejects with InfluxFailure. */
export const ask1 = async (http: InfluxHttp, query: string): Promise<Table[]> => {
  const { text } = await http.ask(query, 'POST', '/query', { form: new URLSearchParams({ q: query }) });
  return tablesOf(text, query);
};

const Orgs = z.object({ orgs: z.array(z.object({ id: z.string(), name: z.string() })) });
const Buckets = z.object({
  buckets: z
    .array(
      z.object({ id: z.string(), name: z.string(), retentionRules: z.array(z.object({ everySeconds: z.number().optional() })).optional() }),
    )
    .default([]),
});

const provision2 = async (http: InfluxHttp, settings: InfluxSettings, isOurs: boolean): Promise<Place> => {
  const { org, retentionDays } = settings;
  const name = placeName(settings);
  const bucket = await bucketThere(http, settings);
  const retentionRules = retentionDays > 0 ? [{ type: 'expire', everySeconds: retentionDays * 86_400 }] : [];
  if (bucket !== undefined) {
    const { retentionMs } = bucket;
    if (!isOurs || retentionMs === wantedMs(settings)) return { retentionMs, isNew: false };
    await http.ask(`changing the bucket ${name}`, 'PATCH', `/api/v2/buckets/${bucket.id}`, { json: { retentionRules } });
    return { retentionMs: wantedMs(settings), isNew: false };
  }
  const orgs = await http.ask('looking for the organisation', 'GET', `/api/v2/orgs${org === '' ? '' : `?${new URLSearchParams({ org })}`}`);
  const [first] = Orgs.parse(JSON.parse(orgs.text)).orgs;
  if (first === undefined)
    throw new InfluxFailure('missing', `there is no organisation ${org === '' ? 'that this token may see' : `"${org}"`}`);
  await http.ask(`making the bucket ${name}`, 'POST', '/api/v2/buckets', { json: { orgID: first.id, name, retentionRules } });
  return { retentionMs: wantedMs(settings), isNew: true };
};

const bucketThere = async (
  http: InfluxHttp,
  settings: InfluxSettings,
): Promise<{ readonly id: string; readonly retentionMs: number | null } | undefined> => {
  const { org } = settings;
  const query = new URLSearchParams({ name: placeName(settings), ...(org === '' ? {} : { org }) });
  const found = await http.ask('looking for the bucket', 'GET', `/api/v2/buckets?${query}`).catch((error: unknown) => {
    if (error instanceof InfluxFailure && error.kind === 'missing') return null; // 2.x answers 404 for a bucket that is not there
    throw error;
  });
  const [bucket] = found === null ? [] : Buckets.parse(JSON.parse(found.text)).buckets;
  if (bucket === undefined) return undefined;
  const seconds = bucket.retentionRules?.[0]?.everySeconds ?? 0;
  return { id: bucket.id, retentionMs: seconds > 0 ? seconds * 1000 : null };
};

/** 3.x makes a database at its first write; made beforehand, it gets its retention, which cannot be changed. A server that has it already answers 409. */
const provision3 = async (http: InfluxHttp, settings: InfluxSettings): Promise<Place> => {
  const { retentionDays } = settings;
  const name = placeName(settings);
  const keep = retentionDays > 0 ? { retention_period: `${retentionDays}d` } : {};
  const isNew = !(await isThere3(http, settings));
  if (isNew) await http.ask(`making the database ${name}`, 'POST', '/api/v3/configure/database', { json: { db: name, ...keep } });
  return { retentionMs: null, isNew };
};

/** Whether 3.x has the database. Rejects with InfluxFailure where this login may not see them. */
export const isThere3 = async (http: InfluxHttp, settings: InfluxSettings): Promise<boolean> => {
  const query = new URLSearchParams({ format: 'json' });
  const { text } = await http.ask('looking for the database', 'GET', `/api/v3/configure/database?${query}`);
  return text.includes(JSON.stringify(placeName(settings)));
};

/** How long a place that is there keeps points, ms; null: for ever, or it does not tell. Changes nothing. */
export const retentionThere = async (http: InfluxHttp, settings: InfluxSettings, { major }: Dialect): Promise<number | null> => {
  switch (major) {
    case 1:
      return (await policyThere(http, settings)) ?? null;
    case 2:
      return (await bucketThere(http, settings))?.retentionMs ?? null;
    case 3:
      return null;
    default:
      return major satisfies never;
  }
};

const rowsOf = (table: Table | undefined): Record<string, unknown>[] =>
  (table?.rows ?? []).map((row) => Object.fromEntries((table?.columns ?? []).map((column, i) => [column, row[i]])));
const cells = (tables: readonly Table[], column: string): string[] =>
  tables.flatMap((table) => rowsOf(table)).map((row) => String(row[column] ?? ''));

/** `168h0m0s` to ms; null for 0s, which is for ever. */
export const goDurationMs = (text: string): number | null => {
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };
  let ms = 0;
  for (const [, number = '0', unit = ''] of text.matchAll(/(\d+)([hms])/g)) ms += Number(number) * (units[unit] ?? 0);
  return ms > 0 ? ms : null;
};
