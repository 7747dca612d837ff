// Every change that a person makes to the fleet, one after the other, each audited, each pushed to the agents that it touches.
import type * as z from 'zod';
import type { DryRun, TokenRequest } from '../../protocol/api.ts';
import type { Labels } from '../../protocol/labels.ts';
import type { Random } from '../../protocol/random.ts';
import { Target } from '../../protocol/target.ts';
import type { Clock } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';
import { type BudgetLimits, type Cost, costOf } from './budget.ts';
import { audit, nextRevision, readAgents, readRevision, readTargets, type StoredTarget } from './model.ts';
import { type Accepted, type Problem, type Refused, refused } from './refusal.ts';
import { makeSerial } from './serial.ts';
import { createToken, listTokens, revokeToken, type TokenRow } from './tokens.ts';

export type { StoredTarget } from './model.ts';
export type { TokenRow } from './tokens.ts';

/** `actor` is the login, or `system`. What an answer tells as accepted is durable, signed, and on its way to the agents. */
export interface Fleet {
  /** The fleet's revision now; 0 before the first change. */
  revision(): Promise<number>;
  targets(): Promise<readonly StoredTarget[]>;
  createTarget(target: Target, actor: string): Promise<Accepted | Refused>;
  replaceTarget(target: Target, actor: string): Promise<Accepted | Refused>;
  removeTarget(id: string, actor: string): Promise<Accepted | Refused>;
  /** What saving it would do; changes and sends nothing. */
  dryRun(target: Target): Promise<z.infer<typeof DryRun>>;
  setLabels(agentId: string, labels: Labels, actor: string): Promise<Accepted | Refused>;
  /** The agent is nobody's any more: its certificates are revoked, what it sends is dropped. Who keeps connections cuts them on the `agents` change. */
  revokeAgent(agentId: string, actor: string): Promise<Accepted | Refused>;
  /** The secret is in this answer and nowhere else. `pin` is the CA's. */
  createToken(
    request: z.infer<typeof TokenRequest>,
    pin: string,
    actor: string,
  ): Promise<{ readonly token: string; readonly view: TokenRow }>;
  tokens(): Promise<readonly TokenRow[]>;
  revokeToken(id: string, actor: string): Promise<Accepted | Refused>;
}

export interface FleetOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: BudgetLimits;
  readonly isOnline: (agent: string) => boolean;
  /** Compiles, signs and publishes what the change means. */
  readonly sync: () => Promise<{ readonly revision: number; readonly agents: readonly string[] }>;
  readonly onChange: (change: { readonly kind: 'targets' } | { readonly kind: 'agents'; readonly ids: readonly string[] }) => Promise<void>;
}

export const openFleet = ({ state, clock, random, limits, isOnline, sync, onChange }: FleetOptions): Fleet => {
  const serial = makeSerial();
  const now = (): number => Math.floor(clock.now());
  const cost = async (target: Target): Promise<Cost> => {
    const targets = (await readTargets(state)).map((stored) => stored.target);
    return costOf(target, targets, await readAgents(state), limits);
  };
  const pushed = async (change: Parameters<FleetOptions['onChange']>[0]): Promise<Accepted> => {
    await onChange(change);
    return { ok: true, ...(await sync()) };
  };

  const save = async (target: Target, actor: string, mode: 'create' | 'replace'): Promise<Accepted | Refused> => {
    const parsed = Target.parse(target); // Callers have parsed it; a program's mistake must not reach the agents.
    const twice = duplicateKinds(parsed);
    if (twice.length > 0) return { ok: false, why: 'invalid', problems: twice };
    const before = await state.selectFrom('targets').select('created_at').where('id', '=', parsed.id).executeTakeFirst();
    if (mode === 'create' && before !== undefined) return refused('exists', `there is a target ${parsed.id} already`, 'id');
    if (mode === 'replace' && before === undefined) return refused('not-found', `there is no target ${parsed.id}`, 'id');
    const { problems } = await cost(parsed);
    if (problems.length > 0) return { ok: false, why: 'over-budget', problems };
    const at = now();
    const row = { id: parsed.id, document: JSON.stringify(parsed), created_at: before?.created_at ?? at, updated_at: at };
    await state.transaction().execute(async (trx) => {
      await trx
        .insertInto('targets')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      await nextRevision(trx, at, actor, `target ${parsed.id} ${mode === 'create' ? 'added' : 'changed'}`);
      await audit(trx, at, actor, `target-${mode}`, parsed);
    });
    return pushed({ kind: 'targets' });
  };

  const remove = async (id: string, actor: string): Promise<Accepted | Refused> => {
    const found = await state.transaction().execute(async (trx) => {
      const { numDeletedRows } = await trx.deleteFrom('targets').where('id', '=', id).executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
      // Removed and added again it has to answer first, as a new one has.
      await trx.deleteFrom('answers').where('target_id', '=', id).execute();
      await nextRevision(trx, now(), actor, `target ${id} removed`);
      await audit(trx, now(), actor, 'target-remove', { id });
      return true;
    });
    return found ? pushed({ kind: 'targets' }) : refused('not-found', `there is no target ${id}`, 'id');
  };

  const changeAgent = async (
    id: string,
    actor: string,
    action: {
      readonly name: string;
      readonly reason: string;
      readonly set: { readonly labels: string } | { readonly state: 'revoked'; readonly online: 0 };
    },
  ): Promise<Accepted | Refused> => {
    const at = now();
    const found = await state.transaction().execute(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('agents')
        .set(action.set)
        .where('id', '=', id)
        .where('state', '=', 'active')
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return false;
      if ('state' in action.set)
        await trx.updateTable('certificates').set({ revoked_at: at }).where('agent_id', '=', id).where('revoked_at', 'is', null).execute();
      await nextRevision(trx, at, actor, action.reason);
      await audit(trx, at, actor, action.name, { id, ...action.set });
      return true;
    });
    return found ? pushed({ kind: 'agents', ids: [id] }) : refused('not-found', `there is no enrolled agent ${id}`, 'id');
  };

  return {
    revision: () => readRevision(state),
    targets: () => readTargets(state),
    createTarget: (target, actor) => serial(() => save(target, actor, 'create')),
    replaceTarget: (target, actor) => serial(() => save(target, actor, 'replace')),
    removeTarget: (id, actor) => serial(() => remove(id, actor)),
    async dryRun(target) {
      const { agents, problems, ...rest } = await cost(target);
      const all = [...duplicateKinds(target), ...problems];
      return {
        ...rest,
        ok: all.length === 0,
        agents: agents.map((agent) => ({ ...agent, online: isOnline(agent.id) })),
        packetsPerSecondAtTargetLimit: limits.targetPacketsPerSecond,
        problems: [...all],
      };
    },
    setLabels: (id, labels, actor) =>
      serial(() =>
        changeAgent(id, actor, { name: 'agent-labels', reason: `labels of agent ${id}`, set: { labels: JSON.stringify(labels) } }),
      ),
    revokeAgent: (id, actor) =>
      serial(() => changeAgent(id, actor, { name: 'agent-revoke', reason: `agent ${id} revoked`, set: { state: 'revoked', online: 0 } })),
    createToken: (request, pin, actor) => createToken(request, { state, random, at: now(), pin, actor }),
    tokens: () => listTokens(state),
    async revokeToken(id, actor) {
      if (!(await revokeToken(state, id, now(), actor))) return refused('not-found', `there is no token ${id}`, 'id');
      return { ok: true, revision: await readRevision(state), agents: [] };
    },
  };
};

/** The task's id is made of the target and the kind, so a target has one task of a kind. */
const duplicateKinds = (target: Target): Problem[] =>
  target.tasks.flatMap(({ options: { kind } }, index) =>
    target.tasks.findIndex((other) => other.options.kind === kind) === index
      ? []
      : [{ path: `tasks[${index}].options.kind`, message: `a target has one task of a kind; this is the second ${kind}` }],
  );
