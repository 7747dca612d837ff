import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import type { ServerIdentity } from '../broker/listener.ts';
import { type Authority, DAY_MS } from '../pki/authority.ts';
import { issueServerCertificate, SERVER_CERTIFICATE_DAYS } from '../pki/issue.ts';

const LOOK_EVERY_MS = 3_600_000;
const RENEW_WITH_LEFT_MS = (SERVER_CERTIFICATE_DAYS / 2) * DAY_MS;

export interface KeptIdentity extends ServerIdentity {
  readonly expiresAt: number;
}

/**
 * A server certificate under every name that agents and browsers may use. Made anew at each start, for the same key where
 * one is given: agents pin the authority, but the installer's line pins this key.
 */
export const makeServerIdentity = async (
  authority: Authority,
  names: readonly string[],
  clock: Clock,
  random: Random,
  key?: string,
): Promise<KeptIdentity> => {
  const all = [...new Set([CONTROLLER_SERVER_NAME, 'localhost', '127.0.0.1', '::1', ...names])];
  const { pem, keyPem, expiresAt } = await issueServerCertificate(authority, all, clock.now(), random, key);
  return { cert: pem, key: keyPem, expiresAt };
};

/** Looks once an hour, by the wall clock, so that a host that slept for weeks renews when it wakes. Resolves when the signal aborts. */
export const keepIdentity = async (
  first: KeptIdentity,
  deps: { readonly clock: Clock; readonly log: Log; make(): Promise<KeptIdentity>; use(identity: KeptIdentity): void },
  signal: AbortSignal,
): Promise<void> => {
  let { expiresAt } = first;
  while (await slept(deps.clock, LOOK_EVERY_MS, signal)) {
    if (expiresAt - deps.clock.now() > RENEW_WITH_LEFT_MS) continue;
    try {
      const next = await deps.make();
      deps.use(next);
      expiresAt = next.expiresAt;
      deps.log.info('certificate-renewed', `the server certificate is good until ${new Date(expiresAt).toISOString()}`);
    } catch (error) {
      deps.log.error('certificate-renewal-failed', error instanceof Error ? error.message : String(error));
    }
  }
};
