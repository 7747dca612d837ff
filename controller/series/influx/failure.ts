// What went wrong with InfluxDB, sorted by who can mend it.
import { HttpError, RequestTimedOutError } from '@influxdata/influxdb-client';

export type FailureKind =
  | 'unreachable'
  | 'slow'
  | 'unauthorised'
  | 'missing'
  | 'disk-full'
  | 'busy'
  | 'too-large'
  | 'refused-lines'
  | 'failing';

/** One failed exchange with the server. Only `refused-lines` speaks of the points; with every other kind the same points are sent again. */
export class InfluxFailure extends Error {
  readonly kind: FailureKind;
  /** The server's own words. */
  readonly body: string;

  /** Of the answer; null: there was none, or it was no HTTP status that told. */
  readonly status: number | null;

  constructor(kind: FailureKind, message: string, body = '', cause?: unknown, status: number | null = null) {
    super(message, { cause });
    this.name = 'InfluxFailure';
    this.kind = kind;
    this.body = body;
    this.status = status;
  }
}

/** By the status and the body of an answer that is not 2xx. Pure. */
export const failureOf = (status: number, body: string, what: string): InfluxFailure => {
  const said = errorText(body);
  const words = `${what}: InfluxDB answered ${status}${said === '' ? '' : `, ${said}`}`;
  const [kind = 'failing', advice = ''] = KINDS.find(([, , fits]) => fits(status, said)) ?? [];
  return new InfluxFailure(kind, `${words}${advice}`, kind === 'refused-lines' ? body : said, undefined, status);
};

/** The first that fits holds. */
const KINDS: readonly (readonly [kind: FailureKind, advice: string, fits: (status: number, said: string) => boolean])[] = [
  [
    'disk-full',
    ': its disk is full; make room there (InfluxDB 1.x must be started again after that), what waits here is kept',
    (status, said) => status === 507 || /no space left|disk full|disk quota|insufficient storage/i.test(said),
  ],
  ['unauthorised', ': check user and password, or the token', (status) => status === 401 || status === 403],
  ['missing', '', (status) => status === 404],
  ['too-large', '', (status) => status === 413],
  ['slow', '', (status) => status === 408 || status === 504],
  ['busy', '', (status) => status === 429 || status === 503],
  ['refused-lines', '', (status) => status === 400 || status === 422],
];

/** By whatever the client or the socket threw. */
export const failureFrom = (error: unknown, what: string, url: string): InfluxFailure => {
  if (error instanceof InfluxFailure) return error;
  if (error instanceof HttpError) return failureOf(error.statusCode, error.body ?? '', what);
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const slow = error instanceof RequestTimedOutError || /TIMEOUT|ETIMEDOUT/.test(code) || /timed out|timeout/i.test(message);
  return slow
    ? new InfluxFailure('slow', `${what}: ${url} did not answer in time`, '', error)
    : new InfluxFailure('unreachable', `${what}: ${url} cannot be reached (${code === '' ? message : code})`, '', error);
};

/** `{"error": …}` of 1.x and 3.x, `{"message": …}` of 2.x, `{"detail": …}` of what is no InfluxDB (RFC 9457), or the text itself. */
export const errorText = (body: string): string => {
  const trimmed = body.trim();
  if (!trimmed.startsWith('{')) return trimmed.slice(0, 500);
  try {
    const parsed: unknown = JSON.parse(trimmed);
    if (typeof parsed !== 'object' || parsed === null) return trimmed.slice(0, 500);
    const words = new Map<string, unknown>(Object.entries(parsed));
    const said = ['error', 'message', 'detail', 'title'].map((key) => words.get(key)).find((value) => typeof value === 'string');
    if (said !== undefined) return String(said).slice(0, 500);
  } catch {
    // not JSON after all: the text itself is the best there is
  }
  return trimmed.slice(0, 500);
};
