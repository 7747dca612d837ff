import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toSlug } from '../protocol/ids.ts';
import type { Fleet } from './fleet/fleet.ts';
import { type LocalAgentDeps, registerLocalAgent } from './local-agent.ts';
import type { State } from './state/database.ts';
import { readNote, writeNote } from './state-notes.ts';

const TOKEN_MS = 300_000;

export interface LocalEnrolment {
  readonly agentId: string | null;
  /** Why there is no agent, in words. */
  readonly problem: string | null;
}

/** The agent on this host: the one of the last start, or a new one, enrolled with a token as every other agent. */
export const enrolLocalAgent = async (
  deps: LocalAgentDeps,
  controller: {
    readonly state: State;
    readonly fleet: Fleet;
    readonly pin: string;
    readonly port: number;
    readonly hostname: string;
  },
): Promise<LocalEnrolment> => {
  const { state, fleet, pin, port, hostname } = controller;
  const known = await readNote(state, 'local-agent');
  if (known !== null && existsSync(join(deps.directory, 'identity.json'))) return { agentId: known, problem: null };
  const { token, view } = await fleet.createToken({ uses: 1, expiresInMs: TOKEN_MS, labels: {} }, pin, 'system');
  const failed = await registerLocalAgent(deps, { controller: `127.0.0.1:${port}`, name: toSlug(hostname) || 'local', token });
  const row = await state.selectFrom('enrolments').select('agent_id').where('token_id', '=', view.id).executeTakeFirst();
  if (failed !== null || row === undefined) {
    await fleet.revokeToken(view.id, 'system');
    return { agentId: null, problem: `the agent on this host could not be enrolled:\n${failed ?? 'it did not use its token'}` };
  }
  await writeNote(state, 'local-agent', row.agent_id);
  return { agentId: row.agent_id, problem: null };
};
