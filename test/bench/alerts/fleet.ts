// A fleet in the control database, and the rounds that it would send, for the benches of the alerts.
import type { State } from '../../../controller/state/database.ts';
import type { Batch } from '../../../protocol/batch.ts';
import { Rule, type RuleInput } from '../../../protocol/rule.ts';
import type { Round } from '../../../protocol/round.ts';
import { makeBatch, makeSample, TEN } from '../../helpers/rounds.ts';

export const START = 1_800_000_000_000;

export interface FleetPlan {
  readonly agents: readonly string[];
  readonly targets: readonly {
    readonly id: string;
    readonly agents: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly rules: readonly RuleInput[];
  readonly intervalMs: number;
  /** Since when it has been there, ms since the epoch; START unless said. */
  readonly since?: number;
}

/** Writes it down as an operator would have made it; every target has answered before. */
export const furnish = async (state: State, { agents, targets, rules, intervalMs, since = START }: FleetPlan): Promise<void> => {
  await state.insertInto('settings').values({ key: 'alerts.built-in-rules', value: '1' }).execute();
  await state.transaction().execute(async (trx) => {
    for (const id of agents) {
      const row = { hostname: id, labels: '{}', state: 'active' as const, key_hash: id, sealing_key: '', enrolled_at: since, status: null };
      await trx
        .insertInto('agents')
        .values({ id, ...row, online: 1, seen_at: since, config_report: null })
        .execute();
      await trx
        .insertInto('presence')
        .values({ agent_id: id, from_at: since - 60_000, state: 'online' })
        .execute();
    }
    for (const { id, agents: mine, labels } of targets) {
      const tasks = [{ intervalMs: Math.max(intervalMs, 10_000), options: { kind: 'icmp' } }];
      const document = JSON.stringify({ id, name: id, address: '192.0.2.1', labels, agents: { in: { agent: mine } }, tasks });
      await trx.insertInto('targets').values({ id, document, created_at: since, updated_at: since }).execute();
      await trx.insertInto('answers').values({ target_id: id, first_at: since }).execute();
    }
    for (const input of rules) {
      const rule = Rule.parse(input);
      await trx
        .insertInto('rules')
        .values({ id: rule.id, document: JSON.stringify(rule), enabled: 1, updated_at: since })
        .execute();
    }
    const notifier = { id: 'hook', kind: 'webhook', url: 'http://127.0.0.1:9/', allowPrivate: true };
    await trx
      .insertInto('notifiers')
      .values({ id: 'hook', document: JSON.stringify(notifier), updated_at: since })
      .execute();
  });
};

const good = { status: 'sampled', sample: makeSample(TEN) } as const;
const lost = { status: 'sampled', sample: makeSample([]) } as const;

let seq = 0;
/** A round that ended at `end`. */
export const roundOf = (target: string, end: number, intervalMs: number, isLost: boolean): Round => ({
  seq: ++seq,
  task: `${target}/icmp`,
  at: end - intervalMs,
  durationMs: intervalMs,
  intervalMs,
  time: { source: 'controller', boundMs: 0.4, ageS: 5 },
  outcome: isLost ? lost : good,
});

export const batchOf = (rounds: readonly Round[], upTo: number): Batch => makeBatch(rounds, { lowest: 1, upTo });

export const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(5, '0')}`);
