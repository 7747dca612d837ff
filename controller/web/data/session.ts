import { signal } from '@preact/signals';
import type { Session, SetupState } from '../../../protocol/api.ts';
import { ApiError, get, request } from './api.ts';
import { connect, disconnect } from './live.ts';

export type Who =
  | { readonly state: 'unknown' | 'nobody' }
  | { readonly state: 'unreachable' }
  | { readonly state: 'in'; readonly session: Session };

export const who = signal<Who>({ state: 'unknown' });
export const setup = signal<SetupState | null>(null);

/** Learns who is signed in; when nobody is, whether the first admin is still to be made. */
export const learn = async (token: string | null): Promise<void> => {
  try {
    signedIn(await get<Session>('/session'));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) {
      who.value = { state: 'unreachable' };
      return;
    }
    setup.value = await get<SetupState>(`/setup${token ? `?token=${encodeURIComponent(token)}` : ''}`).catch(() => null);
    who.value = { state: 'nobody' };
  }
};

export const signedIn = (session: Session): void => {
  who.value = { state: 'in', session };
  connect();
};

export const signIn = async (login: string, password: string): Promise<void> => {
  await request('POST', '/session', { login, password });
  signedIn(await get<Session>('/session'));
};

export const signOut = async (): Promise<void> => {
  await request('DELETE', '/session').catch(() => undefined);
  disconnect();
  who.value = { state: 'nobody' };
};
