import { computed, signal } from '@preact/signals';
import { now, serverNow } from './clock.ts';
import { parseRange, type Range, spanOf, writeRange } from './range.ts';

// Where we are is the URL, all of it: page, range, zone, filter. Copying it copies the view.

const read = (): URL => new URL(globalThis.location.href);
export const url = signal(read());
export const path = computed(() => url.value.pathname);
export const query = computed(() => url.value.searchParams);

/** What a page shows when the URL names no range. */
export const usualRange = signal(3_600_000);
export const range = computed<Range>(() => parseRange(query.value, usualRange.value));
export const live = computed(() => range.value.kind === 'last');
export const zone = computed(() => (query.value.get('tz') === 'utc' ? 'utc' : 'local'));
export const span = computed(() => spanOf(range.value, now.value));

export const listen = (): void => {
  addEventListener('popstate', () => {
    url.value = read();
  });
};

/** Goes to a page. Range and zone travel along; a filter does not. */
export const go = (to: string, replace = false): void => {
  const next = new URL(to, url.value);
  for (const key of ['from', 'to', 'tz']) {
    const value = url.value.searchParams.get(key);
    if (value !== null && !next.searchParams.has(key)) next.searchParams.set(key, value);
  }
  if (next.href === url.value.href) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', next);
  if (next.pathname !== url.value.pathname) scrollTo(0, 0);
  url.value = next;
};

/** Changes values of the query; null removes one. */
export const setQuery = (values: Readonly<Record<string, string | null>>, replace = true): void => {
  const next = new URL(url.value);
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === '') next.searchParams.delete(key);
    else next.searchParams.set(key, value);
  }
  history[replace ? 'replaceState' : 'pushState'](null, '', next);
  url.value = next;
};

export const setRange = (next: Range): void => setQuery(writeRange(next), false);

/** Live: the same length, running with the time. Not live: what is shown stays. */
export const toggleLive = (): void => {
  const current = range.value;
  const { from, to } = spanOf(current, serverNow());
  setRange(current.kind === 'last' ? { kind: 'fixed', from, to } : { kind: 'last', ms: to - from });
};

export const toggleZone = (): void => setQuery({ tz: zone.value === 'utc' ? null : 'utc' });

/** A link's target with range and zone, for href; the click goes through `go`. */
export const href = (to: string): string => {
  const next = new URL(to, url.value);
  for (const key of ['from', 'to', 'tz']) {
    const value = query.value.get(key);
    if (value !== null) next.searchParams.set(key, value);
  }
  return next.pathname + next.search;
};
