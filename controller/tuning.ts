import type { Tuning } from './ports.ts';

const DAY_MS = 86_400_000;

export const DEFAULT_TUNING: Tuning = {
  commitWaitMs: 5,
  arrivalsCapBytes: 2 * 1024 * 1024 * 1024,
  tickMs: 1_000,
  latestEveryMs: 120_000,
  graceMs: 60_000,
  silentAfterMs: 180_000,
  backlogRoundsPerSecond: 5_000,
  retentionMs: 90 * DAY_MS,
  retention: { raw: 90 * DAY_MS, '1m': 180 * DAY_MS, '5m': 400 * DAY_MS, '1h': 1_830 * DAY_MS },
  upkeepEveryMs: 30_000,
  verdictsEveryMs: 15_000,
  remindEveryMs: 10_000,
  retentionEveryMs: 3_600_000,
  tagLabels: [],
  targetPacketsPerSecond: 200,
  agentPacketsPerSecond: 2_000,
  series: 500_000,
};
