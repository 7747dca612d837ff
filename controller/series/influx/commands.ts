// What an operator has to type where we may not make a place ourselves, for the server that is meant. Pure.
import type { Dialect } from './dialect.ts';
import { identifier } from './influxql.ts';
import { type InfluxSettings, shownUrl } from './settings.ts';

/** What is missing: the place itself, the right to use it, or both. */
export interface Missing {
  readonly place: boolean;
  readonly right: boolean;
}

/** What to type, as somebody who may. */
export const commandsFor = (settings: InfluxSettings, major: Dialect['major'], { place, right }: Missing): string[] => {
  const { database, org, user } = settings;
  switch (major) {
    case 1:
      return [
        ...(place ? [influx1(settings, createDatabase(settings))] : []),
        ...(right && user !== '' ? [influx1(settings, `GRANT ALL ON ${identifier(database)} TO ${identifier(user)}`)] : []),
      ];
    case 2:
      return [
        ...(place
          ? [
              createBucket(settings),
              `influx v1 dbrp create${hostOption(settings)}${orgOption(org)} --db ${shell(database)} --rp autogen --default --bucket-id BUCKET-ID   # for /query, when a bucket has another name`,
            ]
          : []),
        ...(right
          ? [
              `influx auth create${hostOption(settings)}${orgOption(org)} --read-buckets --write-buckets   # a token that may read and write it`,
            ]
          : []),
      ];
    case 3:
      return place ? [createDatabase3(settings)] : [];
    default:
      return major satisfies never;
  }
};

/** What makes a second place beside one for which the commands above were given: another policy of its database, or another bucket. */
export const commandBeside = (settings: InfluxSettings, major: Dialect['major']): string => {
  switch (major) {
    case 1:
      return influx1(settings, policy('CREATE', settings));
    case 2:
      return createBucket(settings);
    case 3:
      return createDatabase3(settings);
    default:
      return major satisfies never;
  }
};

/** The bucket of 2.x, the database of 3.x: where one is named `DATABASE/POLICY`, both find it on /query by these two. */
export const placeName = ({ database, retentionPolicy }: InfluxSettings): string =>
  retentionPolicy === '' ? database : `${database}/${retentionPolicy}`;

/** The client of 1.x takes no address in one piece. Who signs in is an admin, whose name we do not know; it asks for the password. */
const influx1 = (settings: InfluxSettings, statement: string): string => {
  const { protocol, hostname, port } = new URL(settings.url);
  const isTls = protocol === 'https:';
  const where = `-host ${shell(hostname.replace(/^\[|\]$/g, ''))} -port ${port === '' ? (isTls ? 443 : 80) : port}${isTls ? ' -ssl' : ''}`;
  return `influx ${where}${settings.user === '' ? '' : " -username ADMIN -password ''"} -execute ${quoted(statement)}`;
};
const hostOption = (settings: InfluxSettings): string => ` --host ${shell(shownUrl(settings))}`;
const orgOption = (org: string): string => (org === '' ? '' : ` --org ${shell(org)}`);
const createBucket = (settings: InfluxSettings): string =>
  `influx bucket create${hostOption(settings)} --name ${shell(placeName(settings))}${orgOption(settings.org)}${settings.retentionDays > 0 ? ` --retention ${settings.retentionDays}d` : ''}`;
const createDatabase3 = (settings: InfluxSettings): string =>
  `influxdb3 create database${hostOption(settings)} ${shell(placeName(settings))}${settings.retentionDays > 0 ? ` --retention-period ${settings.retentionDays}d` : ''} --token ADMIN-TOKEN`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const shell = (text: string): string => (/^[\w.@%+=:,/-]+$/.test(text) ? text : quoted(text));

/** InfluxQL of 1.x. */
export const createDatabase = ({ database, retentionPolicy, retentionDays }: InfluxSettings): string => {
  const name = retentionPolicy === '' ? (retentionDays > 0 ? `sonde_${retentionDays}d` : '') : retentionPolicy;
  const duration = retentionDays > 0 ? ` DURATION ${retentionDays}d REPLICATION 1` : '';
  return `CREATE DATABASE ${identifier(database)}${name === '' && duration === '' ? '' : ` WITH${duration}${name === '' ? '' : ` NAME ${identifier(name)}`}`}`;
};

/** InfluxQL of 1.x. */
export const policy = (verb: 'CREATE' | 'ALTER', { database, retentionPolicy, retentionDays }: InfluxSettings): string =>
  `${verb} RETENTION POLICY ${identifier(retentionPolicy)} ON ${identifier(database)} DURATION ${retentionDays > 0 ? `${retentionDays}d` : 'INF'} REPLICATION 1`;
