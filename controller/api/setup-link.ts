import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Random } from '../../protocol/random.ts';
import type { Clock } from '../../protocol/time.ts';
import type { State } from '../state/database.ts';
import { hashSecret } from './sessions.ts';

const KEY = 'setup-token';
const LINK_MS = 24 * 3_600_000;
const Stored = z.object({ hash: z.string(), expiresAt: z.number() });

export interface SetupLink {
  readonly url: string;
  readonly token: string;
  readonly expiresAt: number;
}

/**
 * Makes the one-time set-up link, and every older one worthless. null when an admin exists. `origin` is where the web admin listens,
 * as `http://127.0.0.1:8080`. Only the token's hash is kept.
 */
export const makeSetupLink = async (
  state: State,
  { clock, random, origin }: { readonly clock: Clock; readonly random: Random; readonly origin: string },
): Promise<SetupLink | null> => {
  if (await hasAdmin(state)) return null;
  const token = random.hex(20);
  const expiresAt = Math.floor(clock.now()) + LINK_MS;
  const value = JSON.stringify({ hash: hashSecret(token), expiresAt });
  await state
    .insertInto('settings')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
  return { url: `${origin}/setup?token=${token}`, token, expiresAt };
};

/** When the token ends; null when it is not the one, or over. */
export const checkSetupToken = async (state: State, clock: Clock, token: string): Promise<number | null> => {
  const row = await state.selectFrom('settings').select('value').where('key', '=', KEY).executeTakeFirst();
  if (row === undefined) return null;
  const { hash, expiresAt } = Stored.parse(JSON.parse(row.value));
  return timingSafeEqual(Buffer.from(hash), Buffer.from(hashSecret(token))) && clock.now() < expiresAt ? expiresAt : null;
};

/** The first set-up wins: whether it was this one. In one statement, so that two at once cannot both. */
export const spendSetupToken = async (state: State): Promise<boolean> => {
  const { numDeletedRows } = await state.deleteFrom('settings').where('key', '=', KEY).executeTakeFirst();
  return numDeletedRows === 1n;
};

export const hasAdmin = async (state: State): Promise<boolean> =>
  (await state.selectFrom('users').select('id').where('role', '=', 'admin').limit(1).executeTakeFirst()) !== undefined;
