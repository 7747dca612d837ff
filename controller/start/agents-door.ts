import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type * as z from 'zod';
import type { EnrolRequest, EnrolResponse, RenewResponse } from '../../protocol/enrolment.ts';
import type { Parsed } from '../../protocol/labels.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import type { Clock } from '../../protocol/time.ts';
import type { Caller, EmbeddedBroker } from '../broker/embedded.ts';
import { type Listener, openListener, type ServerIdentity } from '../broker/listener.ts';
import { makeFailureLimit } from '../enrolment/failure-limit.ts';
import { type Answer, makeEnrolmentHandler, refuse } from '../enrolment/handler.ts';
import { enrolAgent, refuseAgent, renewAgent } from '../fleet/enrolment.ts';
import { withInstaller } from '../install/handler.ts';
import type { Authority } from '../pki/authority.ts';
import { issueAgentCertificate, readRequest } from '../pki/issue.ts';
import { type Peer, readPeer } from '../pki/peer.ts';
import type { State } from '../state/database.ts';
import { openRevocations, withRevocationList } from './revoked.ts';

export interface DoorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly state: State;
  readonly authority: Authority;
  readonly rootKey: string;
  readonly broker: EmbeddedBroker | null;
  /** What new agents are told to use; '' is where they enrolled. */
  readonly brokerUrl: string;
  /** Folder with the agents' packages, for the one-line installer. */
  readonly packages?: string;
  /** An agent was added or has other labels. */
  readonly onEnrolled: () => Promise<void>;
}

const REGISTER = 'register again with a new token: controller token create';

/** The agents' port with all that stands behind it: who may speak MQTT, who may enrol, who may renew. */
export const openDoor = (
  deps: DoorDeps,
  identity: ServerIdentity,
  address: { readonly host: string; readonly port: number },
): Promise<Listener> => {
  const peerOf = (socket: TLSSocket): Parsed<Peer> =>
    readPeer(socket.getPeerX509Certificate(), deps.authority.certificatePem, deps.clock.now());
  const enrolment = makeEnrolmentHandler({
    log: deps.log,
    failures: makeFailureLimit(deps.clock),
    enrol: (request, from) => enrol(deps, request, from),
    renew: (request, message) => renew(deps, request.csr, peerOf(socketOf(message))),
  });
  const known = withRevocationList(openRevocations(deps), deps.log, enrolment);
  const http = deps.packages === undefined ? known : withInstaller({ folder: deps.packages, log: deps.log }, known);
  const callerOf = (socket: TLSSocket): Parsed<Caller> => {
    const peer = peerOf(socket);
    return peer.ok ? { ok: true, value: makeCaller(deps.state, peer.value, socket.remoteAddress ?? 'unknown') } : peer;
  };
  return openListener({ log: deps.log, broker: deps.broker, http, callerOf, authority: deps.authority.certificatePem }, identity, address);
};

const makeCaller = (state: State, peer: Peer, from: string): Caller => ({
  agentId: peer.agentId,
  from,
  refusal: async () => (peer.expired ? 'the certificate has expired: it may renew, and nothing else' : refuseAgent(state, peer)),
});

const enrol = async (
  deps: DoorDeps,
  request: z.infer<typeof EnrolRequest>,
  from: string,
): Promise<Answer<z.infer<typeof EnrolResponse>>> => {
  const { clock, random, state, authority } = deps;
  const csr = await readRequest(request.csr);
  if (!csr.ok) return refuse(400, csr.reason, 'update the agent to the version of the controller');
  const at = Math.floor(clock.now());
  const issue = (agentId: string) => issueAgentCertificate(authority, csr.value, agentId, clock.now(), random);
  const enrolled = await enrolAgent(state, { request, keyHash: csr.value.keyHash, at, issue });
  if (!enrolled.ok) return { ok: false, status: 401, refusal: enrolled.refusal };
  if (enrolled.isNew) {
    deps.log.info('agent-enrolled', `agent ${enrolled.agentId} has enrolled from ${from}`, { agent: enrolled.agentId });
    await deps.onEnrolled();
  }
  const { agentId: agent, certificate, labels } = enrolled;
  return {
    ok: true,
    value: { agent, certificate, labels, ca: authority.certificatePem, rootKey: deps.rootKey, brokerUrl: deps.brokerUrl },
  };
};

const renew = async (deps: DoorDeps, csrPem: string, peer: Parsed<Peer>): Promise<Answer<RenewResponse>> => {
  if (!peer.ok) return refuse(403, peer.reason, `renew over TLS with the present certificate, or ${REGISTER}`);
  const refusal = await refuseAgent(deps.state, peer.value);
  if (refusal !== null) return refuse(403, refusal, REGISTER);
  const csr = await readRequest(csrPem);
  if (!csr.ok) return refuse(400, csr.reason, 'update the agent to the version of the controller');
  if (csr.value.keyHash !== peer.value.keyHash) return refuse(403, 'the request is for another key than the certificate', REGISTER);
  const { agentId } = peer.value;
  const certificate = await renewAgent(deps.state, agentId, () =>
    issueAgentCertificate(deps.authority, csr.value, agentId, deps.clock.now(), deps.random),
  );
  return { ok: true, value: { certificate, ca: deps.authority.certificatePem } };
};

const socketOf = (message: IncomingMessage): TLSSocket => message.socket as TLSSocket; // Border: Node types every HTTP socket as plain.
