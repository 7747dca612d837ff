import type { RequestListener } from 'node:http';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import type { EmbeddedBroker } from '../broker/embedded.ts';
import { endSession, readBrokerTls } from '../broker/external.ts';
import { REVOKED_PATH } from '../broker/mosquitto.ts';
import type { Changes } from '../fleet/changes.ts';
import { type Authority, DAY_MS } from '../pki/authority.ts';
import { issueStandIn } from '../pki/issue.ts';
import { makeRevocationList, type RevokedCertificate } from '../pki/revocation-list.ts';
import type { State } from '../state/database.ts';

// A revoked agent loses its open connection at once, and gets no other: our own broker asks the books, another one reads a list.

/** By the last the broker has fetched the new list, which it does every minute; until then the agent may come back and is put out again. */
const AGAIN_AFTER_MS = [0, 5_000, 30_000, 90_000] as const;

/** Hands the revoked among the changed agents to `cut`, each once. */
export const onRevoked = (
  { changes, state, log }: { readonly changes: Changes; readonly state: State; readonly log: Log },
  cut: (ids: readonly string[]) => Promise<void> | void,
): void => {
  const known = new Set<string>();
  const look = async (ids: readonly string[]): Promise<void> => {
    const rows = await state.selectFrom('agents').select('id').where('state', '=', 'revoked').where('id', 'in', ids).execute();
    const fresh = rows.map(({ id }) => id).filter((id) => !known.has(id));
    for (const id of fresh) known.add(id);
    if (fresh.length > 0) await cut(fresh);
  };
  changes.listen((change) => {
    if (change.kind === 'agents' && change.ids.length > 0)
      look(change.ids).catch((error: unknown) => log.error('agent-cut-failed', String(error)));
  });
};

export const cutHere =
  (broker: EmbeddedBroker, log: Log) =>
  (ids: readonly string[]): void => {
    for (const id of ids) if (broker.cut(id) > 0) log.info('agent-cut', `agent ${id} is revoked: its connection is cut`);
  };

export interface ElsewhereDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly authority: Authority;
  readonly url: string;
  /** Where `broker mosquitto-config` has put its files, if it has. */
  readonly directory: string;
}

/** Ends the open sessions at a broker that is not ours: each by one of our own under the same name. */
export const cutElsewhere =
  ({ clock, random, log, authority, url, directory }: ElsewhereDeps, signal: AbortSignal) =>
  async (ids: readonly string[]): Promise<void> => {
    for (const waitMs of AGAIN_AFTER_MS) {
      if (waitMs > 0 && !(await slept(clock, waitMs, signal))) return;
      for (const id of ids) {
        const tls = readBrokerTls(directory, CONTROLLER_SERVER_NAME);
        const { pem: cert, keyPem: key } = await issueStandIn(authority, id, clock.now(), random);
        try {
          await endSession(url, tls === null ? null : { ...tls, cert, key }, id);
          if (waitMs === 0) log.info('agent-cut', `agent ${id} is revoked: its session at the broker is ended`);
        } catch (error) {
          log.warn('agent-cut-failed', `agent ${id} is revoked, but ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
  };

/** The list of the revoked certificates that have not run out, as PEM: the same text for as long as they are the same. */
export const openRevocations = ({
  state,
  authority,
  clock,
}: {
  readonly state: State;
  readonly authority: Authority;
  readonly clock: Clock;
}): (() => Promise<string>) => {
  let made: { readonly serials: string; readonly pem: string } | null = null;
  return async () => {
    const revoked = await readRevoked(state, clock.now());
    const serials = revoked.map(({ serial }) => serial).join(' ');
    if (made?.serials !== serials) made = { serials, pem: await makeRevocationList(authority, revoked, clock.now()) };
    return made.pem;
  };
};

/** A day longer than they are good: a broker's clock may be behind. */
export const readRevoked = async (state: State, now: number): Promise<readonly RevokedCertificate[]> => {
  const rows = await state
    .selectFrom('certificates')
    .select(['serial', 'revoked_at'])
    .where('revoked_at', 'is not', null)
    .where('expires_at', '>', Math.floor(now - DAY_MS))
    .orderBy('serial')
    .execute();
  return rows.map(({ serial, revoked_at }) => ({ serial, revokedAt: revoked_at ?? 0 }));
};

/** `GET /revoked.crl` on the agents' port, for brokers on other hosts. It is signed, and no secret. */
export const withRevocationList =
  (list: () => Promise<string>, log: Log, otherwise: RequestListener): RequestListener =>
  (request, response) => {
    if (request.url?.split('?')[0] !== REVOKED_PATH || (request.method !== 'GET' && request.method !== 'HEAD'))
      return otherwise(request, response);
    list()
      .then((pem) => {
        response.writeHead(200, { 'content-type': 'application/x-pem-file', 'content-length': Buffer.byteLength(pem) });
        response.end(request.method === 'HEAD' ? undefined : pem);
      })
      .catch((error: unknown) => {
        log.error('revocation-list-failed', String(error));
        response.destroy();
      });
  };
