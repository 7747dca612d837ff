import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toSlug } from '../../protocol/ids.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { type LocalAgentDeps, registerLocalAgent } from './local-agent.ts';
import type { State } from '../state/database.ts';
import { readNote, writeNote } from './state-notes.ts';

const TOKEN_MS = 300_000;

export interface LocalEnrolment {
  readonly agentId: string | null;
  /** Why there is no agent, in words. */
  readonly problem: string | null;
  /** `agent register` goes on to show that all works; the agent may start when it has ended. */
  readonly settled: Promise<unknown>;
}

/** The agent on this host: the one of the last start, or a new one, enrolled with a token as every other agent. Resolves as soon as it has its name. */
export const enrolLocalAgent = async (
  deps: LocalAgentDeps,
  controller: {
    readonly state: State;
    readonly fleet: Fleet;
    readonly pin: string;
    readonly port: number;
    readonly hostname: string;
    /** Resolves at the next enrolment of any agent. */
    nextEnrolment(): Promise<void>;
  },
  signal: AbortSignal,
): Promise<LocalEnrolment> => {
  const { state, fleet, pin, port, hostname } = controller;
  const known = await readNote(state, 'local-agent');
  if (known !== null && existsSync(join(deps.directory, 'identity.json')))
    return { agentId: known, problem: null, settled: Promise.resolve() };
  const { token, view } = await fleet.createToken({ uses: 1, expiresInMs: TOKEN_MS, labels: {} }, pin, 'system');
  const settled = registerLocalAgent(deps, { controller: `127.0.0.1:${port}`, name: toSlug(hostname) || 'local', token }, signal);
  const ended = settled.then((failed) => ({ failed }));
  for (;;) {
    const end = await Promise.race([ended, controller.nextEnrolment()]);
    const row = await state.selectFrom('enrolments').select('agent_id').where('token_id', '=', view.id).executeTakeFirst();
    if (row !== undefined) {
      await writeNote(state, 'local-agent', row.agent_id);
      return { agentId: row.agent_id, problem: null, settled };
    }
    if (end === undefined) continue; // somebody else has enrolled
    await fleet.revokeToken(view.id, 'system');
    if (signal.aborted) return { agentId: null, problem: null, settled };
    return {
      agentId: null,
      problem: `the agent on this host could not be enrolled:\n${end.failed ?? 'it did not use its token'}`,
      settled,
    };
  }
};
