import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { TokenRequest, TokenView } from '../../protocol/api.ts';
import { formatToken } from '../../protocol/enrolment.ts';
import { Labels } from '../../protocol/labels.ts';
import type { Random } from '../../protocol/random.ts';
import type { State } from '../state/database.ts';
import { audit } from './model.ts';

export type TokenRow = z.infer<typeof TokenView>;

/** What is kept of a secret: 256 random bits need no slow hash. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export interface TokenCreation {
  readonly state: State;
  readonly random: Random;
  readonly at: number;
  /** SHA-256 of the CA's public key, hex. */
  readonly pin: string;
  readonly actor: string;
}

/** The text is in this answer and nowhere else; the database keeps its hash. */
export const createToken = async (
  request: z.infer<typeof TokenRequest>,
  { state, random, at, pin, actor }: TokenCreation,
): Promise<{ readonly token: string; readonly view: TokenRow }> => {
  const id = random.hex(4);
  const secret = random.hex(32);
  const row = {
    id,
    secret_hash: hashSecret(secret),
    labels: JSON.stringify(request.labels),
    uses: request.uses,
    uses_left: request.uses,
    created_at: at,
    expires_at: at + request.expiresInMs,
    created_by: actor,
    revoked_at: null,
  };
  await state.transaction().execute(async (trx) => {
    await trx.insertInto('tokens').values(row).execute();
    await audit(trx, at, actor, 'token-create', { id, uses: request.uses, labels: request.labels });
  });
  const view: TokenRow = {
    id,
    labels: request.labels,
    uses: row.uses,
    usesLeft: row.uses_left,
    createdAt: at,
    createdBy: actor,
    expiresAt: row.expires_at,
    revokedAt: null,
    agents: [],
  };
  return { token: formatToken({ id, secret, pin }), view };
};

export const listTokens = async (state: State): Promise<TokenRow[]> => {
  const rows = await state.selectFrom('tokens').selectAll().orderBy('created_at', 'desc').execute();
  const enrolments = await state.selectFrom('enrolments').select(['token_id', 'agent_id']).execute();
  return rows.map((row) => ({
    id: row.id,
    labels: Labels.parse(JSON.parse(row.labels)),
    uses: row.uses,
    usesLeft: row.uses_left,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    agents: [...new Set(enrolments.filter(({ token_id }) => token_id === row.id).map(({ agent_id }) => agent_id))],
  }));
};

/** False when there is no such token. Revoking twice keeps the first date. */
export const revokeToken = (state: State, id: string, at: number, actor: string): Promise<boolean> =>
  state.transaction().execute(async (trx) => {
    const row = await trx.selectFrom('tokens').select('revoked_at').where('id', '=', id).executeTakeFirst();
    if (row === undefined) return false;
    if (row.revoked_at === null) {
      await trx.updateTable('tokens').set({ revoked_at: at }).where('id', '=', id).execute();
      await audit(trx, at, actor, 'token-revoke', { id });
    }
    return true;
  });
