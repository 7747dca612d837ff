// A stored past that a script tells, for backtests.
import type { Past } from '../../controller/alerts/past.ts';
import { HOUR_MS } from '../../controller/alerts/baseline.ts';
import type { Observation } from '../../controller/alerts/observation.ts';

export const MINUTE = 60_000;
export const FROM = 1_799_971_200_000;

/** The loss of each target by the minute since FROM; null: no round. */
export type Script = (target: string, minute: number) => number | null;
export interface Recorded extends Past {
  /** Minutes whose rounds were read one by one. */
  read(): number;
}

export const pastOf = (script: Script, targets: readonly string[], change: Partial<Past> = {}): Recorded => {
  let read = 0;
  const observations = (task: string, from: number, to: number): Observation[] =>
    Array.from({ length: Math.ceil((to - from) / MINUTE) }, (_, i) => from + i * MINUTE).flatMap((at) => {
      const value = script(task.replace('/icmp', ''), (at - FROM) / MINUTE);
      const base = { measurement: 'ping', task, at, end: at + MINUTE, intervalMs: MINUTE, boundMs: 0.1, packets: 100 };
      return value === null ? [] : [{ ...base, values: { loss_ratio: value } }];
    });
  return {
    async extremes(_, from, to) {
      return targets.map((target) => {
        const byHour = Map.groupBy(observations(`${target}/icmp`, from, to), ({ at }) => Math.floor(at / HOUR_MS));
        const hours = [...byHour].map(([hour, rounds]) => {
          const values = rounds.map((round) => round.values['loss_ratio'] ?? 0);
          return [hour, { min: Math.min(...values), max: Math.max(...values) }] as const;
        });
        return { agent: 'ams1', task: `${target}/icmp`, hours: new Map(hours) };
      });
    },
    means: async () => new Map(),
    async rounds(_, { task }, from, to) {
      const found = observations(task, Math.ceil((from - FROM) / MINUTE) * MINUTE + FROM, to);
      read += found.length;
      return found;
    },
    absences: async () => [],
    read: () => read,
    ...change,
  };
};
