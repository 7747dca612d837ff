// Backtest of one rule over 30 days of 500 series at one round a minute, out of the embedded store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { backtest } from '../../../controller/alerts/backtest.ts';
import { loadIngredients } from '../../../controller/alerts/definitions.ts';
import { openPast } from '../../../controller/rules/past.ts';
import { openRemoteSqliteStore } from '../../../controller/series/sqlite/remote.ts';
import { openState } from '../../../controller/state/database.ts';
import { Rule } from '../../../protocol/rule.ts';
import { furnish, names, START } from './fleet.ts';

export interface History {
  readonly seconds: number;
  readonly roundsStored: number;
  readonly roundsRead: number;
  readonly incidents: number;
  readonly expected: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const KEPT = { raw: 400 * DAY, '1m': 400 * DAY, '5m': 400 * DAY, '1h': 400 * DAY };

/** 50 agents with ten targets each; every target is down once a day for a quarter of an hour, each at its own time. */
export const measureBacktest = async (days: number, say: (line: string) => void): Promise<History> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sonde-bench-backtest-'));
  const state = openState(new DatabaseSync(path.join(folder, 'control.db')));
  const store = await openRemoteSqliteStore(path.join(folder, 'series.db'));
  try {
    const agents = names('a', 50);
    const targets = names('t', 500).map((id, index) => ({ id, agents: [agents[index % 50] ?? ''], labels: {} }));
    await furnish(state, { agents, targets, rules: [], intervalMs: MINUTE });
    const from = START - (START % DAY);
    let roundsStored = 0;
    for (let hour = 0; hour < days * 24; hour += 1) {
      const points = targets.flatMap(({ id, agents: [agent = ''] }, index) =>
        Array.from({ length: 60 }, (_, minute) => {
          const at = from + (hour * 60 + minute) * MINUTE + index;
          const isDown = (hour * 60 + minute - index * 2 + 2_880) % 1_440 < 15;
          const fields = {
            percent_packet_loss: isDown ? 100 : 0,
            packets_transmitted: 10,
            unknown: 0,
            duration_ms: MINUTE,
            interval_ms: MINUTE,
            failed: 0,
            error_bound_ms: 0.1,
          };
          return { measurement: 'ping', tags: { agent, host: agent, target: id, url: id, task: `${id}/icmp` }, at, fields };
        }),
      );
      await store.write(points);
      roundsStored += points.length;
      // As it lies after a month in which the store has had its time: sealed, rolled up, sorted.
      const end = from + (hour + 1) * 3_600_000;
      for (const now of [end, end + 10 * MINUTE]) while ((await store.maintain({ now, retention: KEPT })).more);
      if (hour % 24 === 23) say(`${(hour + 1) / 24} of ${days} days stored`);
    }
    const { rules: _, ...ingredients } = await loadIngredients(state);
    const startedAt = performance.now();
    const found = await backtest(
      {
        rule: Rule.parse({ id: 'high-loss', name: 'High loss', threshold: 0.2, forMs: 300_000 }),
        ingredients,
        answered: targets.map(({ id }) => id),
        from,
        to: from + days * DAY,
        past: openPast(store, state),
        onProgress: () => {},
        pause: nextTurn,
      },
      new AbortController().signal,
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    return { seconds, roundsStored, roundsRead: found.roundsRead, incidents: found.incidents.length, expected: targets.length * days };
  } finally {
    await store[Symbol.asyncDispose]();
    await state.destroy();
    rmSync(folder, { recursive: true });
  }
};
