// Which InfluxDB is there, by /ping, and so where its lines go.
import { InfluxFailure } from './failure.ts';
import type { HttpAnswer, InfluxHttp } from './http.ts';
import type { InfluxSettings } from './settings.ts';

export type Major = 1 | 2 | 3;
export interface Dialect {
  /** As the server tells it, without a leading v; '' where it tells none and the settings say how to speak. */
  readonly version: string;
  readonly major: Major;
  /** Path and query of a write. Timestamps are in microseconds. */
  readonly writePath: string;
}

/** Rejects with InfluxFailure; kind `failing` when what answers is no InfluxDB. */
export const detect = async (http: InfluxHttp, settings: InfluxSettings): Promise<Dialect> => {
  const version = versionOf(await http.ask('ping', 'GET', '/ping'));
  if (version === null) {
    if (settings.api === 'auto')
      throw new InfluxFailure(
        'failing',
        'ping: what answers there tells no version of InfluxDB (no X-Influxdb-Version): check the address, or say how it is written to (v1 or v2)',
      );
    const assumed = settings.api === 'v2' ? 2 : 1;
    return { version: '', major: assumed, writePath: writePath(settings, assumed) };
  }
  if (version.endsWith('-sonde'))
    throw new InfluxFailure(
      'failing',
      `ping: what answers there is a Sonde controller (version ${version}), which takes lines but is no InfluxDB that points are read from again: give the address of the InfluxDB itself`,
    );
  const major = majorOf(version);
  return { version, major, writePath: writePath(settings, major) };
};

export const majorOf = (version: string): Major => (version.startsWith('3') ? 3 : version.startsWith('2') ? 2 : 1);

/** 1.x knows `u`, 2.x and 3.x `us`; 1.x takes `us` for nanoseconds in silence, so the two are never mixed. */
export const writePath = (settings: InfluxSettings, major: Major): string => {
  const v2 = settings.api === 'v2' || (settings.api === 'auto' && major > 1);
  const { database, retentionPolicy, org } = settings;
  if (!v2) {
    const query = new URLSearchParams({ db: database, precision: 'u', ...(retentionPolicy === '' ? {} : { rp: retentionPolicy }) });
    return `/write?${query}`;
  }
  const bucket = retentionPolicy === '' ? database : `${database}/${retentionPolicy}`;
  return `/api/v2/write?${new URLSearchParams({ ...(org === '' ? {} : { org }), bucket, precision: 'us' })}`;
};

/** The header of 1.x and 2.x, or the JSON of 3.x. */
const versionOf = ({ headers, text }: HttpAnswer): string | null => {
  const header = headers['x-influxdb-version'];
  const told = Array.isArray(header) ? header[0] : header;
  if (told !== undefined && told !== '') return told.replace(/^v/, '');
  const inBody = /"version"\s*:\s*"v?([^"]+)"/.exec(text)?.[1];
  return inBody ?? null;
};
