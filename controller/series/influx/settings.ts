import * as z from 'zod';

/** Where an InfluxDB is, and how it is spoken to. `database` is the bucket of 2.x and the database of 3.x. */
export const InfluxSettings = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'url: http:// or https://, as http://127.0.0.1:8086' }),
  /** Chronograf looks for hosts in the database `telegraf`. */
  database: z.string().min(1).max(64).default('telegraf'),
  /** '': the database's default one. */
  retentionPolicy: z.string().max(64).default(''),
  /** 2.x only. */
  org: z.string().max(120).default(''),
  user: z.string().max(120).default(''),
  password: z.string().max(500).default(''),
  /** 2.x and 3.x. */
  token: z.string().max(2_000).default(''),
  /** auto: by the version that the server tells. v2 writes to /api/v2/write whatever the version. */
  api: z.enum(['auto', 'v1', 'v2']).default('auto'),
  /** How long a database or bucket that we make keeps its points, days; 0: for ever. One that is there keeps its own. */
  retentionDays: z.int().min(0).max(36_500).default(0),
});
export type InfluxSettings = z.infer<typeof InfluxSettings>;

/** What may be shown and logged: the address without anybody's password. */
export const shownUrl = (settings: Pick<InfluxSettings, 'url'>): string => {
  const url = new URL(settings.url);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
};

export const authorization = ({ token, user, password }: InfluxSettings): Readonly<Record<string, string>> => {
  if (token !== '') return { authorization: `Token ${token}` };
  return user === '' ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
};
