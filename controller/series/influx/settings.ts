import * as z from 'zod';
import { InfluxRequest } from '../../../protocol/store-api.ts';

/** As it is asked for, and how long a database or bucket that we make keeps its points, days; 0: for ever. One that is there keeps its own. */
export const InfluxSettings = InfluxRequest.extend({ retentionDays: z.int().min(0).max(36_500).default(0) });
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
