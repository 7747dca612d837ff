// How large the store will become. Pure.
import { type Retention, type StoreUsage, type Tier, TIER_MS } from './store.ts';

const DAY_MS = 86_400_000;
/** From less than this nothing can be foretold. */
const LEAST_MS = 2 * 3_600_000;

export interface TierForecast {
  readonly tier: Tier;
  readonly bytes: number;
  readonly rows: number;
  readonly oldestAt: number | null;
  readonly newestAt: number | null;
  readonly keptMs: number;
  /** null: too little has been measured to say. */
  readonly bytesPerDay: number | null;
  /** Once everything is as old as it is kept, at the pace of what is there. */
  readonly finalBytes: number | null;
}
export interface Forecast {
  readonly bytes: number | null;
  readonly tiers: readonly TierForecast[];
  readonly finalBytes: number | null;
  /** When the disk is full at this pace; null: never, or nobody can say. */
  readonly fullAt: number | null;
}

/** `freeBytes`: what the file system has left; null when that is not known. */
export const forecast = (usage: StoreUsage, retention: Retention, now: number, freeBytes: number | null): Forecast => {
  const tiers = usage.tiers.map((tier): TierForecast => {
    const spanMs = tier.oldestAt === null || tier.newestAt === null ? 0 : tier.newestAt - tier.oldestAt + TIER_MS[tier.tier];
    const bytesPerDay = spanMs < LEAST_MS ? null : Math.round((tier.bytes * DAY_MS) / spanMs);
    const keptMs = retention[tier.tier];
    return { ...tier, keptMs, bytesPerDay, finalBytes: bytesPerDay === null ? null : Math.round((bytesPerDay * keptMs) / DAY_MS) };
  });
  const known =
    tiers.every(({ finalBytes, rows }) => finalBytes !== null || rows === 0) && tiers.some(({ finalBytes }) => finalBytes !== null);
  const finalBytes = known ? tiers.reduce((sum, tier) => sum + (tier.finalBytes ?? 0), 0) : null;
  return { bytes: usage.bytes, tiers, finalBytes, fullAt: freeBytes === null ? null : fullAt(tiers, now, freeBytes) };
};

/** Each tier grows by its pace until it is as old as it is kept: the day on which the sum of that is what is free. */
const fullAt = (tiers: readonly TierForecast[], now: number, freeBytes: number): number | null => {
  const grown = (days: number): number =>
    tiers.reduce(
      (sum, { bytes, bytesPerDay, finalBytes }) => sum + Math.max(0, Math.min((bytesPerDay ?? 0) * days, (finalBytes ?? bytes) - bytes)),
      0,
    );
  const FOR_EVER_DAYS = 36_500;
  if (grown(FOR_EVER_DAYS) < freeBytes) return null;
  let low = 0;
  let high = FOR_EVER_DAYS;
  while (high - low > 0.01) {
    const middle = (low + high) / 2;
    if (grown(middle) < freeBytes) low = middle;
    else high = middle;
  }
  return Math.round(now + high * DAY_MS);
};
