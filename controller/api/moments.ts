// Times and widths as people type them. Pure.
import type { Parsed } from '../../protocol/labels.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `5m`, `90s`, `2h`, `1d`; a bare number is seconds, as in the documents of older systems. ms. */
export const parseWidth = (text: string): Parsed<number> => {
  const [, count = '', unit = 's'] = /^(\d{1,9})(ms|s|m|h|d|w)?$/.exec(text) ?? [];
  const widthMs = Number(count) * (UNIT_MS[unit] ?? 0);
  return count === '' || widthMs === 0
    ? { ok: false, reason: `"${text}": a width such as 30s, 5m, 1h or 1d` }
    : { ok: true, value: widthMs };
};

/** ms since the epoch, ISO 8601 (without a zone: UTC), `now`, or `now-6h`. */
export const parseMoment = (text: string, now: number): Parsed<number> => {
  if (/^\d{1,16}$/.test(text)) return { ok: true, value: Number(text) };
  const [, ago] = /^now(?:-(.+))?$/.exec(text) ?? [];
  if (text === 'now') return { ok: true, value: now };
  if (ago !== undefined) {
    const width = parseWidth(ago);
    return width.ok ? { ok: true, value: now - width.value } : width;
  }
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const at = Date.parse(/T/.test(text) && !hasZone ? `${text}Z` : text);
  if (!Number.isFinite(at) || at < 0)
    return { ok: false, reason: `"${text}": ms since 1970, a time such as 2026-11-21T08:00:00Z, now, or now-6h` };
  return { ok: true, value: at };
};
