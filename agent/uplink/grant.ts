/** While nothing is granted, a single round now and then asks anew. */
const ASK_PER_SECOND = 1 / 30;
const FIRST_TOKENS = 20;
const AT_ONCE_MAX = 500;

/** How many backlog rounds may go now: a bucket that fills at the rate which the controller grants. Values, no clock: `atMs` is monotonic. */
export interface Grant {
  readonly perSecond: number;
  readonly tokens: number;
  readonly atMs: number;
}

/** Before the first acknowledgement of a session: a handful, and then one a second. */
export const firstGrant = (atMs: number): Grant => ({ perSecond: 1, tokens: FIRST_TOKENS, atMs });

export const refilled = (grant: Grant, atMs: number): Grant => {
  const gained = (Math.max(0, atMs - grant.atMs) / 1000) * paceOf(grant);
  return { ...grant, tokens: Math.min(Math.max(grant.tokens, atOnce(grant)), grant.tokens + gained), atMs };
};

export const regranted = (grant: Grant, perSecond: number, atMs: number): Grant => {
  const now = refilled(grant, atMs);
  return { perSecond, tokens: Math.min(now.tokens, Math.max(1, perSecond, FIRST_TOKENS)), atMs };
};

/** How many may be taken now, in one batch; 0: wait. Small dribbles are held back until a second's worth is there. */
export const allowed = (grant: Grant, backlog: number): number => {
  const enough = Math.min(atOnce(grant), Math.max(1, backlog));
  return grant.tokens >= enough ? Math.min(AT_ONCE_MAX, Math.floor(grant.tokens)) : 0;
};

export const spent = (grant: Grant, rounds: number): Grant => ({ ...grant, tokens: grant.tokens - rounds });

/** Until a batch of this backlog may go, ms. */
export const waitMs = (grant: Grant, backlog: number): number => {
  const enough = Math.min(atOnce(grant), Math.max(1, backlog));
  return Math.max(20, ((enough - grant.tokens) / paceOf(grant)) * 1000);
};

const paceOf = (grant: Grant): number => (grant.perSecond > 0 ? grant.perSecond : ASK_PER_SECOND);
const atOnce = (grant: Grant): number => Math.max(1, Math.min(AT_ONCE_MAX, Math.floor(grant.perSecond)));
