import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as x509 from '@peculiar/x509';
import { makeTransport } from '../../agent/link/transport.ts';
import { openDoor } from '../../controller/start/agents-door.ts';
import { type EmbeddedBroker, openEmbeddedBroker } from '../../controller/broker/embedded.ts';
import { createToken } from '../../controller/fleet/tokens.ts';
import { type Authority, openAuthority, P256 } from '../../controller/pki/authority.ts';
import { issueAgentCertificate, readRequest } from '../../controller/pki/issue.ts';
import { makeServerIdentity } from '../../controller/start/server-identity.ts';
import { openState, type State } from '../../controller/state/database.ts';
import type { EnrolRequest } from '../../protocol/enrolment.ts';
import type { Transport } from '../../protocol/link.ts';
import type { Log } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import { systemClock } from '../../protocol/time.ts';

export interface Credentials {
  readonly key: string;
  readonly certificate: string;
}
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly message: string;
}

/** The agents' port as the product opens it, on a free port, with a fleet of one's own. */
export interface FleetDoor extends AsyncDisposable {
  readonly port: number;
  readonly broker: EmbeddedBroker;
  readonly state: State;
  readonly authority: Authority;
  readonly directory: string;
  readonly lines: readonly LogLine[];
  /** Moves the clock by which certificates and tokens are judged. */
  shiftClock(ms: number): void;
  token(change?: {
    readonly uses?: number;
    readonly labels?: Record<string, string>;
  }): Promise<{ readonly id: string; readonly text: string }>;
  /** A certificate and its key for an agent that is enrolled by hand, in the books. */
  enrolled(agentId: string): Promise<Credentials>;
}

export const openFleetDoor = async (): Promise<FleetDoor> => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-door-'));
  const lines: LogLine[] = [];
  const note =
    (level: LogLine['level']) =>
    (event: string, message: string): void =>
      void lines.push({ level, event, message });
  const log: Log = { info: note('info'), warn: note('warn'), error: note('error') };
  let shiftMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + shiftMs };
  const state = openState(new DatabaseSync(':memory:'));
  const authority = await openAuthority(join(directory, 'keys'), clock, systemRandom);
  const broker = await openEmbeddedBroker(log);
  const identity = await makeServerIdentity(authority, [], clock, systemRandom);
  const onEnrolled = async (): Promise<void> => {};
  const deps = { clock, random: systemRandom, log, state, authority, rootKey: 'cm9vdA==', broker, brokerUrl: '', onEnrolled };
  const door = await openDoor(deps, identity, { host: '127.0.0.1', port: 0 });
  return {
    port: door.port,
    broker,
    state,
    authority,
    directory,
    lines,
    shiftClock: (ms) => {
      shiftMs += ms;
    },
    token: async ({ uses = 1, labels = {} } = {}) => {
      const order = { state, random: systemRandom, at: Math.floor(clock.now()), pin: authority.pin, actor: 'test' };
      const { token, view } = await createToken({ uses, expiresInMs: 3_600_000, labels }, order);
      return { id: view.id, text: token };
    },
    enrolled: async (agentId) => {
      const { key, csr } = await makeKeyAndRequest();
      const request = await readRequest(csr);
      if (!request.ok) throw new Error(request.reason);
      const issued = await issueAgentCertificate(authority, request.value, agentId, clock.now(), systemRandom);
      await state
        .insertInto('agents')
        .values({
          id: agentId,
          hostname: agentId,
          labels: '{}',
          state: 'active',
          key_hash: request.value.keyHash,
          sealing_key: 'x'.repeat(40),
          enrolled_at: 1,
          status: null,
          online: 0,
          seen_at: null,
          config_report: null,
        })
        .execute();
      return { key, certificate: issued.pem };
    },
    [Symbol.asyncDispose]: async () => {
      await door[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
      await state.destroy();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** A P-256 key and a request for it, as an agent makes them. */
export const makeKeyAndRequest = async (): Promise<{ readonly key: string; readonly csr: string }> => {
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=agent', keys, signingAlgorithm: P256 });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { key, csr: request.toString('pem') };
};

export const enrolRequest = (tokenText: string, csr: string, change: Partial<EnrolRequest> = {}): EnrolRequest => {
  const [, id = '', secret = ''] = tokenText.split('_');
  return { token: `${id}_${secret}`, name: 'ams1', hostname: 'ams1.example', csr, sealingKey: 'x'.repeat(40), labels: {}, ...change };
};

/** The agent's own transport, to any port of a broker that our authority vouches for. */
export const transportOf = (
  agentId: string,
  to: { readonly port: number; readonly authority: Pick<Authority, 'certificatePem'>; readonly webSocket?: boolean },
  credentials: Credentials,
): Transport =>
  makeTransport({
    agentId,
    endpoint: () => ({ host: '127.0.0.1', port: to.port, webSocketPath: to.webSocket === true ? '/mqtt' : null }),
    dialOptions: () => ({ anchor: { authority: to.authority.certificatePem }, credentials, nowMs: () => systemClock.now() }),
  });
