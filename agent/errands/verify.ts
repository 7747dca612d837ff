import type { Signed } from '../../protocol/config.ts';
import { Command, COMMAND_LIFE_MS } from '../../protocol/command.ts';
import { type Held, type Identity, parse, verifyChain } from '../config/verify.ts';

/** What an agent remembers of commands: the ids that it has had, with the time until which each could come again. */
export interface Had {
  /** Commands from before this moment may have been had in an earlier life of this agent. Controller time. */
  readonly since: number;
  readonly ids: ReadonlyMap<string, number>;
}

export type CommandVerdict =
  | { readonly ok: true; readonly command: Command; readonly had: Had }
  | { readonly ok: false; readonly reason: string; readonly detail: string };

/** Whether a command is to be carried out: signed for this agent, not too old, and not had before. `nowMs`: the controller's time. Pure. */
export const verifyCommand = (signed: Signed, identity: Identity, held: Held, had: Had, nowMs: number): CommandVerdict => {
  const chain = verifyChain(signed, identity, held);
  if (!chain.ok) return no(chain.reason, chain.details.join('; '));
  const parsed = parse(Command, signed.body);
  if (!parsed.ok) return no('not-understood', parsed.reason);
  const { agent, generation, id, at, beginBefore } = parsed.value;
  if (agent !== identity.agentId) return no('for-another-agent', `for "${agent}", but this is "${identity.agentId}"`);
  if (generation !== chain.value.generation)
    return no('generation-mismatch', `of generation ${generation}, key of ${chain.value.generation}`);
  if (beginBefore > at + COMMAND_LIFE_MS) return no('not-understood', `beginBefore: more than ${COMMAND_LIFE_MS / 1_000} s after at`);
  if (nowMs > beginBefore) return no('expired', `it was to be begun ${Math.ceil((nowMs - beginBefore) / 1_000)} s ago`);
  if (at < had.since || had.ids.has(id)) return no('had-already', 'a command is carried out once');
  const ids = new Map([...had.ids].filter(([, until]) => until >= nowMs)).set(id, beginBefore);
  return { ok: true, command: parsed.value, had: { since: had.since, ids } };
};

const no = (reason: string, detail: string): CommandVerdict => ({ ok: false, reason, detail: detail.slice(0, 500) });
