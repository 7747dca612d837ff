import type { Controller, ControllerDeps } from '../../controller/controller.ts';
import { Rule } from '../../protocol/rule.ts';
import { Target } from '../../protocol/target.ts';
import type { Reality } from './reality.ts';

/** Breached for two rounds fires, two clear rounds resolve. */
export const HIGH_LOSS = Rule.parse({ id: 'high-loss', name: 'High loss', threshold: 0.5, forMs: 120_000, keepMs: 120_000 });
/** Fires with the first round of which nothing comes back. */
export const GONE = Rule.parse({ id: 'gone', name: 'Gone', threshold: 0.95, forMs: 0, keepMs: 60_000 });
export const LOSS_RULES = [HIGH_LOSS, GONE];
export const AGENT_OFF = Rule.parse({ id: 'agent-off', name: 'Agent off', kind: 'agent-off', threshold: 0, forMs: 120_000, keepMs: 0 });
export const WEBHOOK_URL = 'http://127.0.0.1:9/hook';

/** What an operator would have done once: enrolled agents, targets, three rules, one webhook. Harmless when it is done already; a kill in the middle leaves a part, and the next start does the rest. */
export const furnish = async (reality: Reality, controller: Controller, { state }: ControllerDeps): Promise<void> => {
  const known = new Set((await state.selectFrom('agents').select('id').execute()).map(({ id }) => id));
  const missing = reality.agents.filter(({ id }) => !known.has(id));
  for (const { id, labels } of missing)
    await state
      .insertInto('agents')
      .values({
        id,
        hostname: id,
        labels: JSON.stringify(labels),
        state: 'active',
        key_hash: id,
        sealing_key: '',
        enrolled_at: Math.floor(controller.clock.now()),
        status: null,
        online: 0,
        seen_at: null,
        config_report: null,
      })
      .execute();
  const at = Math.floor(controller.clock.now());
  for (const rule of [...LOSS_RULES, AGENT_OFF])
    await state
      .insertInto('rules')
      .values({ id: rule.id, document: JSON.stringify(rule), enabled: 1, updated_at: at })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ document: JSON.stringify(rule) }))
      .execute();
  const hook = { id: 'hook', kind: 'webhook', url: WEBHOOK_URL, allowPrivate: true };
  await state
    .insertInto('notifiers')
    .values({ id: 'hook', document: JSON.stringify(hook), updated_at: at })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  if (missing.length > 0) await controller.agentsChanged();
  const targets = new Set((await controller.fleet.targets()).map(({ target }) => target.id));
  for (const target of reality.targets.filter(({ id }) => !targets.has(id))) {
    const made = await controller.fleet.createTarget(Target.parse(target), 'system');
    if (!made.ok) throw new Error(`target ${target.id}: ${made.problems.map(({ message }) => message).join('; ')}`);
  }
};
