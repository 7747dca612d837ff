import type * as z from 'zod';
import type { Saved } from '../../../protocol/api.ts';
import type { Accepted, Refused } from '../../fleet/refusal.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { refuse, refusedBy } from '../problem.ts';

/** The guard has let nobody else in; a route without a session would be a bug, and refuses too. */
export const loginOf = (actor: Actor | null): string => {
  if (actor === null) throw refuse(401, 'sign in first: POST /api/v1/session');
  return actor.user.login;
};

/** The answer to a change of the fleet. Throws the refusal. */
export const saved = (context: Context, result: Accepted | Refused): z.infer<typeof Saved> => {
  if (!result.ok) throw refusedBy(result);
  context.fleetView.forget();
  return { revision: result.revision, agents: [...result.agents] };
};
