// The database, bucket and retention that the points go to: made where that is permitted, otherwise the commands that make them.
import * as z from 'zod';
import { type Table, tablesOf } from './answer.ts';
import type { Dialect } from './dialect.ts';
import { InfluxFailure } from './failure.ts';
import type { InfluxHttp } from './http.ts';
import { identifier } from './influxql.ts';
import type { InfluxSettings } from './settings.ts';

export interface Place {
  /** How long the server keeps points there, ms; null: for ever, or it does not tell. */
  readonly retentionMs: number | null;
}

/** What to type, as somebody who may. */
export const commandsFor = (settings: InfluxSettings, major: Dialect['major']): string[] => {
  const { database, org, retentionDays } = settings;
  const keep = retentionDays > 0 ? `${retentionDays}d` : null;
  switch (major) {
    case 1:
      return [
        `influx -execute '${createDatabase(settings)}'`,
        ...(settings.user === '' ? [] : [`influx -execute 'GRANT ALL ON ${identifier(database)} TO ${identifier(settings.user)}'`]),
      ];
    case 2:
      return [
        `influx bucket create --name ${shell(database)}${org === '' ? '' : ` --org ${shell(org)}`}${keep === null ? '' : ` --retention ${keep}`}`,
        `influx v1 dbrp create --db ${shell(database)} --rp autogen --default --bucket-id BUCKET-ID   # for /query, when a bucket has another name`,
        `influx auth create${org === '' ? '' : ` --org ${shell(org)}`} --read-buckets --write-buckets   # a token that may read and write it`,
      ];
    case 3:
      return [`influxdb3 create database ${shell(database)}${keep === null ? '' : ` --retention-period ${keep}`} --token ADMIN-TOKEN`];
    default:
      return major satisfies never;
  }
};

const shell = (text: string): string => (/^[\w.@%+=:,/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const createDatabase = ({ database, retentionPolicy, retentionDays }: InfluxSettings): string => {
  const name = retentionPolicy === '' ? (retentionDays > 0 ? `sonde_${retentionDays}d` : '') : retentionPolicy;
  const duration = retentionDays > 0 ? ` DURATION ${retentionDays}d REPLICATION 1` : '';
  return `CREATE DATABASE ${identifier(database)}${name === '' && duration === '' ? '' : ` WITH${duration}${name === '' ? '' : ` NAME ${identifier(name)}`}`}`;
};

/** Finds the place or makes it. Rejects with InfluxFailure: `missing` and `unauthorised` carry what has to be done. */
export const provision = async (http: InfluxHttp, settings: InfluxSettings, { major }: Dialect): Promise<Place> => {
  switch (major) {
    case 1:
      return provision1(http, settings);
    case 2:
      return provision2(http, settings);
    case 3:
      return provision3(http, settings);
    default:
      return major satisfies never;
  }
};

const provision1 = async (http: InfluxHttp, settings: InfluxSettings): Promise<Place> => {
  const { database, retentionPolicy } = settings;
  const names = cells(await ask1(http, 'SHOW DATABASES'), 'name');
  if (!names.includes(database)) await ask1(http, createDatabase(settings));
  const [policies] = await ask1(http, `SHOW RETENTION POLICIES ON ${identifier(database)}`);
  const found = rowsOf(policies).find((row) => (retentionPolicy === '' ? row['default'] === true : row['name'] === retentionPolicy));
  if (found !== undefined) return { retentionMs: goDurationMs(String(found['duration'] ?? '')) };
  if (retentionPolicy === '') return { retentionMs: null };
  const days = settings.retentionDays > 0 ? `${settings.retentionDays}d` : 'INF';
  await ask1(http, `CREATE RETENTION POLICY ${identifier(retentionPolicy)} ON ${identifier(database)} DURATION ${days} REPLICATION 1`);
  return { retentionMs: settings.retentionDays > 0 ? settings.retentionDays * 86_400_000 : null };
};

const ask1 = async (http: InfluxHttp, query: string): Promise<Table[]> => {
  const { text } = await http.ask(query, 'POST', '/query', { form: new URLSearchParams({ q: query }) });
  return tablesOf(text, query);
};

const Orgs = z.object({ orgs: z.array(z.object({ id: z.string(), name: z.string() })) });
const Buckets = z.object({
  buckets: z
    .array(z.object({ name: z.string(), retentionRules: z.array(z.object({ everySeconds: z.number().optional() })).optional() }))
    .default([]),
});

const provision2 = async (http: InfluxHttp, settings: InfluxSettings): Promise<Place> => {
  const { database, retentionPolicy, org, retentionDays } = settings;
  const name = retentionPolicy === '' ? database : `${database}/${retentionPolicy}`;
  const query = new URLSearchParams({ name, ...(org === '' ? {} : { org }) });
  const found = await http.ask('looking for the bucket', 'GET', `/api/v2/buckets?${query}`).catch((error: unknown) => {
    if (error instanceof InfluxFailure && error.kind === 'missing') return null; // 2.x answers 404 for a bucket that is not there
    throw error;
  });
  const [bucket] = found === null ? [] : Buckets.parse(JSON.parse(found.text)).buckets;
  if (bucket !== undefined) {
    const seconds = bucket.retentionRules?.[0]?.everySeconds ?? 0;
    return { retentionMs: seconds > 0 ? seconds * 1000 : null };
  }
  const orgs = await http.ask('looking for the organisation', 'GET', `/api/v2/orgs${org === '' ? '' : `?${new URLSearchParams({ org })}`}`);
  const [first] = Orgs.parse(JSON.parse(orgs.text)).orgs;
  if (first === undefined)
    throw new InfluxFailure('missing', `there is no organisation ${org === '' ? 'that this token may see' : `"${org}"`}`);
  const retentionRules = retentionDays > 0 ? [{ type: 'expire', everySeconds: retentionDays * 86_400 }] : [];
  await http.ask(`making the bucket ${name}`, 'POST', '/api/v2/buckets', { json: { orgID: first.id, name, retentionRules } });
  return { retentionMs: retentionDays > 0 ? retentionDays * 86_400_000 : null };
};

/** 3.x makes a database at its first write; made beforehand, it gets its retention. A server that has it already answers 409. */
const provision3 = async (http: InfluxHttp, { database, retentionDays }: InfluxSettings): Promise<Place> => {
  const keep = retentionDays > 0 ? { retention_period: `${retentionDays}d` } : {};
  const query = new URLSearchParams({ format: 'json' });
  const { text } = await http.ask('looking for the database', 'GET', `/api/v3/configure/database?${query}`);
  if (!text.includes(JSON.stringify(database)))
    await http.ask(`making the database ${database}`, 'POST', '/api/v3/configure/database', { json: { db: database, ...keep } });
  return { retentionMs: null };
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
