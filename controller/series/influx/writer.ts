// Lines to the server through the client library's transport. Its buffers are not used: they give up and forget; what is refused or not taken stays with the caller.
import { InfluxDB, setLogger } from '@influxdata/influxdb-client';
import type { Dialect } from './dialect.ts';
import { failureFrom } from './failure.ts';
import { authorization, type InfluxSettings, shownUrl } from './settings.ts';

export interface LineWriter {
  /** Resolves when the server has taken all of them (204). Rejects with InfluxFailure. */
  write(lines: readonly string[]): Promise<void>;
}

/** One request. */
const LINES_AT_ONCE = 5_000;
const CHARACTERS_AT_ONCE = 8 * 1024 * 1024;
const GZIP_FROM_BYTES = 1_000;

export const openLineWriter = (settings: InfluxSettings, { writePath }: Dialect, timeoutMs: number): LineWriter => {
  setLogger({ error: () => {}, warn: () => {} }); // failures are told by whoever asked, not on the console
  const url = shownUrl(settings);
  const { transport } = new InfluxDB({ url, timeout: timeoutMs, headers: { ...authorization(settings) } });
  const options = {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    ...(isThisHost(url) ? {} : { gzipThreshold: GZIP_FROM_BYTES }), // on one host, packing costs more than the way through memory
  };
  return {
    async write(lines) {
      for (const part of parts(lines)) {
        try {
          await transport.request(writePath, part.join('\n'), options);
        } catch (error) {
          throw failureFrom(error, 'write', url);
        }
      }
    },
  };
};

const isThisHost = (url: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);

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
