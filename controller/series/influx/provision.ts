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
  /** It was made just now. */
  readonly isNew: boolean;
}

/** What to type, as somebody who may. */
export const commandsFor = (settings: InfluxSettings, major: Dialect['major']): string[] => {
  const { database, org, user } = settings;
  switch (major) {
    case 1:
      return [
        `influx -execute '${createDatabase(settings)}'`,
        ...(user === '' ? [] : [`influx -execute 'GRANT ALL ON ${identifier(database)} TO ${identifier(user)}'`]),
      ];
    case 2:
      return [
        createBucket(settings),
        `influx v1 dbrp create --db ${shell(database)} --rp autogen --default --bucket-id BUCKET-ID   # for /query, when a bucket has another name`,
        `influx auth create${orgOption(org)} --read-buckets --write-buckets   # a token that may read and write it`,
      ];
    case 3:
      return [createDatabase3(settings)];
    default:
      return major satisfies never;
  }
};

/** What makes a second place beside one for which the commands above were given: another policy of its database, or another bucket. */
export const commandBeside = (settings: InfluxSettings, major: Dialect['major']): string => {
  switch (major) {
    case 1:
      return `influx -execute '${policy('CREATE', settings)}'`;
    case 2:
      return createBucket(settings);
    case 3:
      return createDatabase3(settings);
    default:
      return major satisfies never;
  }
};

/** The bucket of 2.x, the database of 3.x: where one is named `DATABASE/POLICY`, both find it on /query by these two. */
const placeName = ({ database, retentionPolicy }: InfluxSettings): string =>
  retentionPolicy === '' ? database : `${database}/${retentionPolicy}`;
const orgOption = (org: string): string => (org === '' ? '' : ` --org ${shell(org)}`);
const createBucket = (settings: InfluxSettings): string =>
  `influx bucket create --name ${shell(placeName(settings))}${orgOption(settings.org)}${settings.retentionDays > 0 ? ` --retention ${settings.retentionDays}d` : ''}`;
const createDatabase3 = (settings: InfluxSettings): string =>
  `influxdb3 create database ${shell(placeName(settings))}${settings.retentionDays > 0 ? ` --retention-period ${settings.retentionDays}d` : ''} --token ADMIN-TOKEN`;

const shell = (text: string): string => (/^[\w.@%+=:,/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const createDatabase = ({ database, retentionPolicy, retentionDays }: InfluxSettings): string => {
  const name = retentionPolicy === '' ? (retentionDays > 0 ? `sonde_${retentionDays}d` : '') : retentionPolicy;
  const duration = retentionDays > 0 ? ` DURATION ${retentionDays}d REPLICATION 1` : '';
  return `CREATE DATABASE ${identifier(database)}${name === '' && duration === '' ? '' : ` WITH${duration}${name === '' ? '' : ` NAME ${identifier(name)}`}`}`;
};

const policy = (verb: 'CREATE' | 'ALTER', { database, retentionPolicy, retentionDays }: InfluxSettings): string =>
  `${verb} RETENTION POLICY ${identifier(retentionPolicy)} ON ${identifier(database)} DURATION ${retentionDays > 0 ? `${retentionDays}d` : 'INF'} REPLICATION 1`;

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
  const [policies] = await ask1(http, `SHOW RETENTION POLICIES ON ${identifier(database)}`);
  const found = rowsOf(policies).find((row) => (retentionPolicy === '' ? row['default'] === true : row['name'] === retentionPolicy));
  if (found !== undefined) {
    const retentionMs = goDurationMs(String(found['duration'] ?? ''));
    if (!isOurs || retentionMs === wantedMs(settings)) return { retentionMs, isNew };
    await ask1(http, policy('ALTER', settings));
    return { retentionMs: wantedMs(settings), isNew };
  }
  if (retentionPolicy === '') return { retentionMs: null, isNew };
  await ask1(http, policy('CREATE', settings));
  return { retentionMs: wantedMs(settings), isNew: true };
};

const wantedMs = ({ retentionDays }: InfluxSettings): number | null => (retentionDays > 0 ? retentionDays * 86_400_000 : null);

const ask1 = async (http: InfluxHttp, query: string): Promise<Table[]> => {
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
  const query = new URLSearchParams({ name, ...(org === '' ? {} : { org }) });
  const found = await http.ask('looking for the bucket', 'GET', `/api/v2/buckets?${query}`).catch((error: unknown) => {
    if (error instanceof InfluxFailure && error.kind === 'missing') return null; // 2.x answers 404 for a bucket that is not there
    throw error;
  });
  const [bucket] = found === null ? [] : Buckets.parse(JSON.parse(found.text)).buckets;
  const retentionRules = retentionDays > 0 ? [{ type: 'expire', everySeconds: retentionDays * 86_400 }] : [];
  if (bucket !== undefined) {
    const seconds = bucket.retentionRules?.[0]?.everySeconds ?? 0;
    const retentionMs = seconds > 0 ? seconds * 1000 : null;
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

/** 3.x makes a database at its first write; made beforehand, it gets its retention, which cannot be changed. A server that has it already answers 409. */
const provision3 = async (http: InfluxHttp, settings: InfluxSettings): Promise<Place> => {
  const { retentionDays } = settings;
  const name = placeName(settings);
  const keep = retentionDays > 0 ? { retention_period: `${retentionDays}d` } : {};
  const query = new URLSearchParams({ format: 'json' });
  const { text } = await http.ask('looking for the database', 'GET', `/api/v3/configure/database?${query}`);
  const isNew = !text.includes(JSON.stringify(name));
  if (isNew) await http.ask(`making the database ${name}`, 'POST', '/api/v3/configure/database', { json: { db: name, ...keep } });
  return { retentionMs: null, isNew };
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
