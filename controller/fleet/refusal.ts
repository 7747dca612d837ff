/** Why a change of the fleet was not made: nothing has changed. `not-found` and `exists` speak of the thing itself, the rest of its fields. */
export interface Refused {
  readonly ok: false;
  readonly why: 'not-found' | 'exists' | 'invalid' | 'over-budget';
  readonly problems: readonly Problem[];
}
/** `path` as in `tasks[0].intervalMs`; '' is the whole. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}
/** Done: the fleet's revision now, and the agents whose configuration changed by it. */
export interface Accepted {
  readonly ok: true;
  readonly revision: number;
  readonly agents: readonly string[];
}

export const refused = (why: Refused['why'], message: string, path = ''): Refused => ({ ok: false, why, problems: [{ path, message }] });
