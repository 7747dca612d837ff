import { createHash } from 'node:crypto';
import type { Random } from '../../protocol/random.ts';
import type { Clock } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';
import type { Actor } from './actor.ts';

export const SESSION_MS = 7 * 86_400_000;

/** What the database keeps of a secret with 256 random bits: SHA-256 is enough, there is nothing to guess. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** A new session; the token goes into the cookie and nowhere else. Sessions that are over are deleted on the way. */
export const openSession = async (state: State, clock: Clock, random: Random, userId: string): Promise<string> => {
  const token = random.hex(32);
  const now = Math.floor(clock.now());
  await state.deleteFrom('sessions').where('expires_at', '<=', now).execute();
  await state
    .insertInto('sessions')
    .values({ token_hash: hashSecret(token), user_id: userId, created_at: now, expires_at: now + SESSION_MS })
    .execute();
  return token;
};

/** Who holds this cookie; null when nobody does, or not any more. */
export const findSession = (state: State, clock: Clock, token: string): Promise<Actor | null> =>
  findByHash(state, clock, hashSecret(token));

export const findByHash = async (state: State, clock: Clock, hash: string): Promise<Actor | null> => {
  const row = await state
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.login', 'users.name', 'users.role'])
    .where('sessions.token_hash', '=', hash)
    .where('sessions.expires_at', '>', Math.floor(clock.now()))
    .executeTakeFirst();
  return row === undefined ? null : { user: { login: row.login, name: row.name, role: row.role }, session: hash };
};

export const endSession = async (state: State, hash: string): Promise<void> => {
  await state.deleteFrom('sessions').where('token_hash', '=', hash).execute();
};
