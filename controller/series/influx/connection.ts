// The line to one InfluxDB: found out at the first use, found out anew after it was gone, and its state in words.
import type { Clock } from '../../../protocol/time.ts';
import { tablesOf } from './answer.ts';
import { detect, type Dialect } from './dialect.ts';
import { type FailureKind, failureFrom, InfluxFailure } from './failure.ts';
import { type FieldTypes, influxType, openFieldTypes } from './field-types.ts';
import { type InfluxHttp, openHttp } from './http.ts';
import { commandsFor } from './commands.ts';
import { type Place, provision } from './provision.ts';
import { type InfluxSettings, shownUrl } from './settings.ts';
import { type LineWriter, openLineWriter } from './writer.ts';

export interface Connected {
  readonly dialect: Dialect;
  readonly place: Place;
  readonly writer: LineWriter;
}

/** What an operator sees of it. */
export interface ConnectionState {
  readonly url: string;
  readonly database: string;
  readonly retentionPolicy: string;
  /** null before it has answered for the first time. */
  readonly version: string | null;
  readonly major: Dialect['major'] | null;
  readonly writePath: string | null;
  readonly retentionMs: number | null;
  readonly phase: 'unknown' | 'ok' | FailureKind;
  /** Since when it is in this phase. */
  readonly since: number;
  /** What is wrong, in the server's words; null when nothing is. */
  readonly message: string | null;
  /** What to type where something has to be made that we may not make. */
  readonly commands: readonly string[];
  readonly lastWriteAt: number | null;
  readonly pointsWritten: number;
}

export interface Connection extends AsyncDisposable {
  readonly types: FieldTypes;
  readonly http: InfluxHttp;
  /** Rejects with InfluxFailure. */
  ready(): Promise<Connected>;
  wrote(points: number): void;
  /** An exchange has failed: the state says so, and where the place may be gone it is looked for anew. */
  failed(failure: InfluxFailure): void;
  state(): ConnectionState;
}

export const openConnection = (settings: InfluxSettings, clock: Clock, timeoutMs: number): Connection => {
  const http = openHttp(settings, timeoutMs);
  const types = openFieldTypes();
  let connected: Promise<Connected> | null = null;
  let found: Connected | null = null;
  let phase: ConnectionState['phase'] = 'unknown';
  let since = Math.floor(clock.now());
  let message: string | null = null;
  /** Why the place could not be made or looked at; worth telling only while writing does not work. */
  let notMade: string | null = null;
  let lastWriteAt: number | null = null;
  let pointsWritten = 0;

  const enter = (next: ConnectionState['phase'], text: string | null): void => {
    if (next !== phase) since = Math.floor(clock.now());
    phase = next;
    message = text;
  };
  const failed = (failure: InfluxFailure): void => {
    enter(failure.kind, notMade === null || failure.kind !== 'missing' ? failure.message : `${failure.message} (${notMade})`);
    if (failure.kind !== 'refused-lines') connected = null;
  };
  const connect = async (): Promise<Connected> => {
    try {
      const dialect = await detect(http, settings);
      const place = await softly(provision(http, settings, dialect), { retentionMs: null, isNew: false });
      await softly(learnTypes(http, { db: settings.database }, types), undefined);
      found = { dialect, place, writer: openLineWriter(settings, dialect, timeoutMs) };
      return found;
    } catch (error) {
      const failure = failureFrom(error, 'connect', shownUrl(settings));
      failed(failure);
      throw failure;
    }
  };
  /** A login that may only write must be able to write: whoever may not look or make goes on. */
  const softly = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
    try {
      const result = await work;
      notMade = null;
      return result;
    } catch (error) {
      const failure = failureFrom(error, 'look', shownUrl(settings));
      if (failure.kind === 'unreachable' || failure.kind === 'slow') throw failure;
      notMade = failure.message;
      return otherwise;
    }
  };
  return {
    types,
    http,
    failed,
    async ready() {
      const mine = (connected ??= connect());
      try {
        return await mine;
      } catch (error) {
        if (connected === mine) connected = null;
        throw error;
      }
    },
    wrote(points) {
      enter('ok', null);
      lastWriteAt = Math.floor(clock.now());
      pointsWritten += points;
    },
    state: () => ({
      url: shownUrl(settings),
      database: settings.database,
      retentionPolicy: settings.retentionPolicy,
      version: found?.dialect.version ?? null,
      major: found?.dialect.major ?? null,
      writePath: found?.dialect.writePath ?? null,
      retentionMs: found?.place.retentionMs ?? null,
      phase,
      since,
      message,
      commands:
        phase === 'missing' || phase === 'unauthorised'
          ? commandsFor(settings, found?.dialect.major ?? 1, { place: phase === 'missing', right: true })
          : [],
      lastWriteAt,
      pointsWritten,
    }),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
};

/** The types that fields have there already, whoever wrote them. */
export const learnTypes = async (http: InfluxHttp, place: Readonly<Record<string, string>>, types: FieldTypes): Promise<void> => {
  const form = new URLSearchParams({ ...place, q: 'SHOW FIELD KEYS' });
  const { text } = await http.ask('SHOW FIELD KEYS', 'POST', '/query', { form });
  for (const { name, columns, rows } of tablesOf(text, 'SHOW FIELD KEYS')) {
    const key = columns.indexOf('fieldKey');
    const kind = columns.indexOf('fieldType');
    for (const row of rows) {
      const type = influxType(String(row[kind] ?? ''));
      if (type !== null) types.learn(name, String(row[key] ?? ''), type);
    }
  }
};
