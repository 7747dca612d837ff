import * as z from 'zod';

// API tokens: for programs what a session is for people. REST as in api.ts.

/** read: whatever a viewer sees. write: besides, what an operator may change, and series from elsewhere. */
export const ApiTokenScope = z.enum(['read', 'write']);
export type ApiTokenScope = z.infer<typeof ApiTokenScope>;

export const ApiTokenRequest = z.strictObject({
  /** What people read in the list and in the audit. */
  name: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u, 'name: 1 to 60 letters, digits, blanks, dots, dashes'),
  scope: ApiTokenScope,
  /** null: until it is revoked. */
  expiresInMs: z
    .int()
    .min(60_000)
    .max(10 * 366 * 86_400_000)
    .nullable()
    .default(null),
});
export type ApiTokenRequest = z.infer<typeof ApiTokenRequest>;

const at = z.number();
export const ApiTokenView = z.object({
  id: z.string(),
  name: z.string(),
  scope: ApiTokenScope,
  createdAt: at,
  createdBy: z.string(),
  expiresAt: at.nullable(),
  /** To the minute; null: never used. */
  usedAt: at.nullable(),
  revokedAt: at.nullable(),
  /** Series that were written under its name, and how many there may be; null: it may not write. */
  series: z.object({ used: z.int(), budget: z.int() }).nullable(),
});
export type ApiTokenView = z.infer<typeof ApiTokenView>;

/** GET /api-tokens; POST /api-tokens (201) → ApiTokenCreated; DELETE /api-tokens/:id revokes it, 204. */
export const ApiTokenList = z.object({ tokens: z.array(ApiTokenView) });
/** The token itself is in this answer and nowhere else. */
export const ApiTokenCreated = ApiTokenView.extend({ token: z.string() });
