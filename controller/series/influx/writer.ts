// Lines to the server through the client library. Its buffers are not used: they give up and forget; what is refused or not taken stays with the caller.
import { InfluxDB, setLogger, type WriteApi } from '@influxdata/influxdb-client';
import type { Dialect } from './dialect.ts';
import { failureFrom } from './failure.ts';
import { authorization, type InfluxSettings, shownUrl } from './settings.ts';

export interface LineWriter {
  /** Resolves when the server has taken all of them (204). Rejects with InfluxFailure. */
  write(lines: readonly string[]): Promise<void>;
}

/** One request. The client would send by itself, and swallow the error, what is more than it was told to hold. */
const LINES_AT_ONCE = 5_000;
const CHARACTERS_AT_ONCE = 8 * 1024 * 1024;

export const openLineWriter = (settings: InfluxSettings, { writePath }: Dialect, timeoutMs: number): LineWriter => {
  setLogger({ error: () => {}, warn: () => {} }); // failures are told by whoever asked, not on the console
  const url = shownUrl(settings);
  const client = new InfluxDB({ url, timeout: timeoutMs, headers: { ...authorization(settings) } });
  const api: WriteApi = client.getWriteApi('', '', 'us', {
    batchSize: LINES_AT_ONCE + 1,
    maxBatchBytes: 4 * CHARACTERS_AT_ONCE,
    flushInterval: 0,
    maxRetries: 0,
    writeFailed: (error) => Promise.reject(error),
  });
  api.path = writePath;
  return {
    async write(lines) {
      for (const part of parts(lines)) {
        api.writeRecords(part);
        try {
          await api.flush(false); // takes what was just handed over before it waits for anything
        } catch (error) {
          throw failureFrom(error, 'write', url);
        }
      }
    },
  };
};

/** In requests of a bounded size; one line alone may be longer than that. */
function* parts(lines: readonly string[]): Generator<string[]> {
  let part: string[] = [];
  let characters = 0;
  for (const line of lines) {
    if (part.length >= LINES_AT_ONCE || (part.length > 0 && characters + line.length > CHARACTERS_AT_ONCE)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(line);
    characters += line.length + 1;
  }
  if (part.length > 0) yield part;
}
