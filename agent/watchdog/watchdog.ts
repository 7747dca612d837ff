// Pages by itself when the controller has not been heard for long, and again when it is back. Measured by the monotonic clock alone.
import { createHmac } from 'node:crypto';
import type { Parsed } from '../../protocol/labels.ts';
import type { Log } from '../../protocol/log.ts';
import type { Clock } from '../../protocol/time.ts';
import { type PreparedPage, type Watchdog as Orders, WATCHDOG_PLACE, WatchdogPages } from '../../protocol/watchdog.ts';
import { Wake } from '../uplink/wake.ts';

/** One request; resolves with the answer's status, rejects when there was none. */
export type SendPage = (page: Pick<PreparedPage, 'url' | 'headers' | 'body' | 'allowPrivate'>, signal: AbortSignal) => Promise<number>;

export interface WatchdogDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly agentId: string;
  readonly unseal: (place: string, sealed: string) => Parsed<string>;
  /** Absent: this host has nothing to page with. */
  readonly page?: SendPage | undefined;
  /** The best known time, ms since the epoch. */
  readonly now: () => number;
}

const LOOK_MS = 5_000;
const FIRST_RETRY_MS = 15_000;
const RETRY_MAX_MS = 300_000;
/** What could not be said for so long is old. */
const GIVE_UP_MS = 3_600_000;

interface Waiting {
  readonly page: PreparedPage;
  readonly since: number;
  nextAt: number;
  tries: number;
}

export class Watchdog {
  readonly #deps: WatchdogDeps;
  readonly #ordered = new Wake();
  #orders: Orders | null = null;
  #pages: WatchdogPages = { gone: [], back: [] };
  #heardMs: number;
  /** When it was found to be gone, and when that was said last; null while it is there. */
  #gone: { readonly key: string; readonly at: number; saidMs: number } | null = null;
  #waiting: Waiting[] = [];

  constructor(deps: WatchdogDeps) {
    this.#deps = deps;
    this.#heardMs = deps.clock.monotonic();
  }

  /** The controller itself has said something: an acknowledgement, a clock reply. What a broker keeps is no sign of life. */
  heard(): void {
    this.#heardMs = this.#deps.clock.monotonic();
  }

  /** What the applied configuration orders; undefined: nothing. */
  take(orders: Orders | undefined): void {
    const { unseal, log } = this.#deps;
    this.#orders = orders ?? null;
    this.#pages = { gone: [], back: [] };
    this.#ordered.ring();
    if (orders === undefined) return;
    const text = unseal(WATCHDOG_PLACE, orders.sealed);
    const parsed = text.ok ? WatchdogPages.safeParse(parseJson(text.value)) : null;
    if (parsed?.success === true) this.#pages = parsed.data;
    else
      log.error(
        'watchdog-unreadable',
        `this agent cannot page for the controller: ${text.ok ? 'its orders are not understood' : text.reason}`,
      );
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isIdle = this.#orders === null && this.#gone === null && this.#waiting.length === 0;
      await this.#ordered.wait(this.#deps.clock, isIdle ? Number.POSITIVE_INFINITY : LOOK_MS, signal);
      if (!signal.aborted) await this.look(signal);
    }
  }

  /** Notices what has changed, and sends what is due. Never rejects. */
  async look(signal: AbortSignal): Promise<void> {
    const { clock, log, agentId, now } = this.#deps;
    const silentMs = clock.monotonic() - this.#heardMs;
    if (this.#orders !== null && this.#gone === null && silentMs >= this.#orders.silentAfterMs) {
      const at = Math.floor(now() - silentMs);
      this.#gone = { key: `watchdog/${agentId}/${at}`, at, saidMs: clock.monotonic() };
      log.warn('controller-gone', `nothing was heard of the controller for ${Math.round(silentMs / 1000)} s`);
      this.#queue(this.#pages.gone, `${this.#gone.key}/gone`);
    } else if (this.#gone !== null && (this.#orders === null || silentMs < this.#orders.silentAfterMs)) {
      log.info('controller-back', 'the controller is heard again');
      // What was never said needs no end.
      const unsaid = new Set(this.#waiting.map(({ page }) => page.notifier));
      this.#waiting = [];
      this.#queue(
        this.#pages.back.filter(({ notifier }) => !unsaid.has(notifier)),
        `${this.#gone.key}/back`,
      );
      this.#gone = null;
    } else if (this.#gone !== null && this.#orders !== null && this.#orders.repeatMs > 0 && this.#waiting.length === 0) {
      const round = Math.floor((clock.monotonic() - this.#gone.saidMs) / this.#orders.repeatMs);
      if (round > 0) {
        this.#gone.saidMs += round * this.#orders.repeatMs;
        this.#queue(this.#pages.gone, `${this.#gone.key}/${Math.floor(now())}`);
      }
    }
    await this.#send(signal);
  }

  #queue(pages: readonly PreparedPage[], key: string): void {
    const at = this.#gone?.at ?? this.#deps.now();
    const since = this.#deps.clock.monotonic();
    for (const page of pages)
      this.#waiting.push({ page: filled(page, `${key}/${page.notifier}`, at, this.#deps.now()), since, nextAt: since, tries: 0 });
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { clock, log, page } = this.#deps;
    if (page === undefined) return void (this.#waiting = []);
    const due = this.#waiting.filter(({ nextAt }) => nextAt <= clock.monotonic());
    await Promise.all(
      due.map(async (one) => {
        one.tries += 1;
        one.nextAt = clock.monotonic() + Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** (one.tries - 1));
        const result = await page(one.page, signal).then(
          (status) => (status >= 200 && status < 300 ? null : `answered ${status}`),
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        const isOver = result === null || clock.monotonic() - one.since > GIVE_UP_MS;
        if (isOver) this.#waiting = this.#waiting.filter((other) => other !== one);
        if (result === null) log.info('watchdog-paged', `told ${one.page.notifier} about the controller`);
        else if (one.tries === 1 || isOver)
          log.warn('watchdog-not-paged', `${one.page.notifier} was not told about the controller: ${result}`);
      }),
    );
  }
}

/** The marks filled in, and the body signed as it is then. */
const filled = (page: PreparedPage, key: string, at: number, now: number): PreparedPage => {
  const fill = (text: string): string =>
    text
      .replaceAll('@AT@', new Date(at).toISOString())
      .replaceAll('@NOW@', new Date(now).toISOString())
      .replaceAll('@SECONDS@', String(Math.floor(at / 1_000)))
      .replaceAll('@KEY@', key);
  const body = fill(page.body);
  const headers = Object.fromEntries(Object.entries(page.headers).map(([name, value]) => [name, fill(value)]));
  const { sign } = page;
  if (sign !== undefined) headers[sign.header] = `sha256=${createHmac('sha256', sign.secret).update(body, 'utf8').digest('hex')}`;
  return { ...page, body, headers };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
