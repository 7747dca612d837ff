// Tokens for programs: `sonde_` and 256 random bits, shown once, kept as their hash.
import type { ApiTokenRequest, ApiTokenView } from '../../protocol/api-tokens.ts';
import type { Clock } from '../../protocol/time.ts';
import type { Origins } from '../origins/origins.ts';
import type { State } from '../state/database.ts';
import type { ApiTokensTable } from '../state/tables.ts';
import type { Actor } from './actor.ts';
import { audit } from './audit.ts';
import type { Context } from './context.ts';
import { refuse } from './problem.ts';
import { hashSecret } from './sessions.ts';

/** How exactly `usedAt` is kept: a write for each request would be dear. */
const USED_TO_MS = 60_000;

/** Throws 409 while another one of that name is good: the name is what tells apart who writes series. */
export const createApiToken = async (
  { state, random, origins, controller: { clock } }: Pick<Context, 'state' | 'random' | 'origins' | 'controller'>,
  request: ApiTokenRequest,
  actor: string,
): Promise<{ readonly token: string; readonly view: ApiTokenView }> => {
  const token = `sonde_${random.hex(32)}`;
  const at = Math.floor(clock.now());
  const row: ApiTokensTable = {
    id: random.hex(4),
    name: request.name,
    scope: request.scope,
    token_hash: hashSecret(token),
    created_at: at,
    created_by: actor,
    expires_at: request.expiresInMs === null ? null : at + request.expiresInMs,
    used_at: null,
    revoked_at: null,
  };
  await state.transaction().execute(async (trx) => {
    const rows = await trx.selectFrom('api_tokens').select(['id', 'revoked_at', 'expires_at']).where('name', '=', row.name).execute();
    const other = rows.find((one) => isLive(one, at));
    if (other !== undefined) {
      const message = `"${row.name}" is the name of token ${other.id}: revoke that one first, or take another name`;
      throw refuse(409, `name: ${message}`, [{ path: 'name', message }]);
    }
    await trx.insertInto('api_tokens').values(row).execute();
  });
  await audit(state, clock, actor, 'api-token-create', { id: row.id, name: row.name, scope: row.scope });
  return { token, view: viewOf(row, (await seriesBy(origins))(row)) };
};

export const listApiTokens = async (state: State, origins: Origins): Promise<ApiTokenView[]> => {
  const seriesOf = await seriesBy(origins);
  return (await state.selectFrom('api_tokens').selectAll().orderBy('created_at', 'desc').execute()).map((row) =>
    viewOf(row, seriesOf(row)),
  );
};

/** A name that was written under before has its series still. */
const seriesBy = async (origins: Origins): Promise<(row: ApiTokensTable) => ApiTokenView['series']> => {
  const used = new Map((await origins.list()).map(({ origin, series }) => [origin, series]));
  return ({ name, scope }) => (scope === 'write' ? { used: used.get(name) ?? 0, budget: origins.seriesBudget } : null);
};

/** False when there is no such token. Revoking twice keeps the first date. */
export const revokeApiToken = async (state: State, clock: Clock, id: string, actor: string): Promise<boolean> => {
  const row = await state.selectFrom('api_tokens').select('revoked_at').where('id', '=', id).executeTakeFirst();
  if (row === undefined) return false;
  if (row.revoked_at === null) {
    await state
      .updateTable('api_tokens')
      .set({ revoked_at: Math.floor(clock.now()) })
      .where('id', '=', id)
      .execute();
    await audit(state, clock, actor, 'api-token-revoke', { id });
  }
  return true;
};

/** Who this token speaks for; null when it is unknown, over or revoked. Read is a viewer, write an operator. */
export const findByApiToken = async (state: State, clock: Clock, token: string): Promise<Actor | null> => {
  const now = Math.floor(clock.now());
  const row = await state.selectFrom('api_tokens').selectAll().where('token_hash', '=', hashSecret(token)).executeTakeFirst();
  if (row === undefined || !isLive(row, now)) return null;
  if (row.used_at === null || now - row.used_at >= USED_TO_MS)
    await state.updateTable('api_tokens').set({ used_at: now }).where('id', '=', row.id).execute();
  const role = row.scope === 'read' ? 'viewer' : 'operator';
  return { user: { login: `token:${row.id}`, name: row.name, role }, session: null };
};

/**
 * The token in an Authorization header: `Bearer T`, `Token T` as InfluxDB's clients send it, or Basic with the token as the password
 * (InfluxDB 1.x clients, Telegraf's first output). null when there is none.
 */
export const tokenIn = (authorization: string | undefined): string | null => {
  const [, scheme = '', value = ''] = /^(Bearer|Token|Basic) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() !== 'basic') return value === '' ? null : value;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const password = pair.slice(pair.indexOf(':') + 1);
  return password === '' ? null : password;
};

/** As clients of InfluxDB 1.x send it, `?u=USER&p=TOKEN`; null when there is none. */
export const tokenInQuery = (query: unknown): string | null => {
  const password = typeof query === 'object' && query !== null && 'p' in query ? query.p : null;
  return typeof password === 'string' && password !== '' ? password : null;
};

const isLive = ({ revoked_at, expires_at }: Pick<ApiTokensTable, 'revoked_at' | 'expires_at'>, now: number): boolean =>
  revoked_at === null && (expires_at === null || expires_at > now);

const viewOf = (row: ApiTokensTable, series: ApiTokenView['series']): ApiTokenView => ({
  id: row.id,
  name: row.name,
  scope: row.scope,
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  usedAt: row.used_at,
  revokedAt: row.revoked_at,
  series,
});
