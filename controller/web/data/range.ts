// The time range as it stands in the URL: ?from=now-4h (live), or ?from=<ISO>&to=<ISO> (fixed).

export type Range = { readonly kind: 'last'; readonly ms: number } | { readonly kind: 'fixed'; readonly from: number; readonly to: number };

export interface Span {
  readonly from: number;
  readonly to: number;
}

export const presets: readonly number[] = [300_000, 900_000, 3_600_000, 14_400_000, 86_400_000, 7 * 86_400_000, 30 * 86_400_000];
const shortest = 60_000;
const longest = 366 * 86_400_000;
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const within = (ms: number): number => Math.min(longest, Math.max(shortest, Math.round(ms)));

const lastOf = (text: string | null): number | null => {
  const [, number, unit] = /^now-(\d{1,6})([smhd])$/.exec(text ?? '') ?? [];
  return number === undefined || unit === undefined ? null : within(Number(number) * (units[unit] ?? 1));
};

/** The range of a URL's query; `usual` when it names none or none that can be read. */
export const parseRange = (query: URLSearchParams, usual: number): Range => {
  const ms = lastOf(query.get('from'));
  if (ms !== null) return { kind: 'last', ms };
  const [from, to] = [Date.parse(query.get('from') ?? ''), Date.parse(query.get('to') ?? '')];
  return Number.isFinite(from) && Number.isFinite(to) && to > from ? fixed(from, to) : { kind: 'last', ms: usual };
};

/** Written as `from` and `to`; `to` null when it runs with the time. */
export const writeRange = (range: Range): { from: string; to: string | null } => {
  if (range.kind === 'fixed') return { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
  const unit = ['d', 'h', 'm'].find((name) => range.ms % (units[name] ?? 1) === 0 && (name !== 'd' || range.ms > 86_400_000)) ?? 's';
  return { from: `now-${Math.round(range.ms / (units[unit] ?? 1))}${unit}`, to: null };
};

const fixed = (from: number, to: number): Range => {
  const ms = within(to - from);
  const middle = (from + to) / 2;
  return { kind: 'fixed', from: Math.round(middle - ms / 2), to: Math.round(middle + ms / 2) };
};

export const spanOf = (range: Range, now: number): Span =>
  range.kind === 'fixed' ? { from: range.from, to: range.to } : { from: now - range.ms, to: now };

export const zoomTo = (span: Span): Range => fixed(span.from, span.to);

/** Twice as long around the same middle, but never into the future. */
export const zoomOut = (range: Range, now: number): Range => {
  if (range.kind === 'last') return { kind: 'last', ms: within(range.ms * 2) };
  const ms = within((range.to - range.from) * 2);
  const to = Math.min(now, (range.from + range.to) / 2 + ms / 2);
  return fixed(to - ms, to);
};

export const zoomIn = (range: Range, now: number): Range => {
  const { from, to } = spanOf(range, now);
  const quarter = (to - from) / 4;
  return fixed(from + quarter, to - quarter);
};

/** Half a range earlier (-1) or later (1); a step that would pass the present runs with the time again. */
export const shift = (range: Range, direction: -1 | 1, now: number): Range => {
  const { from, to } = spanOf(range, now);
  const step = ((to - from) / 2) * direction;
  return to + step >= now && direction === 1 ? { kind: 'last', ms: within(to - from) } : fixed(from + step, to + step);
};
