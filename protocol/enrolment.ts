import * as z from 'zod';
import { AgentId } from './ids.ts';
import { Labels } from './labels.ts';

/** TLS server name under which the controller answers agents, whatever address they use: the pinned CA makes it mean something. */
export const CONTROLLER_SERVER_NAME = 'controller.sonde.internal';
export const ENROL_PATH = '/enrolment/v1/enrol';
export const RENEW_PATH = '/enrolment/v1/renew';
export const MQTT_WEBSOCKET_PATH = '/mqtt';

/** `sonde_<id>_<secret>_<pin>`: id 8 hex, secret 64 hex, pin = SHA-256 of the CA's SubjectPublicKeyInfo, 64 hex. */
export const EnrolmentToken = z
  .string()
  .trim()
  .regex(/^sonde_[0-9a-f]{8}_[0-9a-f]{64}_[0-9a-f]{64}$/, 'not an enrolment token: "controller token create" prints one, sonde_…');
export const parseToken = (token: string): { id: string; secret: string; pin: string } => {
  const [, id = '', secret = '', pin = ''] = token.split('_');
  return { id, secret, pin };
};
export const formatToken = (parts: { id: string; secret: string; pin: string }): string => `sonde_${parts.id}_${parts.secret}_${parts.pin}`;

export const EnrolRequest = z.strictObject({
  /** `<id>_<secret>`; the pin stays on the host. */
  token: z.string().regex(/^[0-9a-f]{8}_[0-9a-f]{64}$/),
  /** The id that the agent would like; another is given when an agent with another key has it. */
  name: AgentId,
  hostname: z.string().min(1).max(253),
  /** PKCS#10 in PEM, P-256. */
  csr: z.string().min(100).max(4_000),
  /** X25519 public key, SPKI, base64: secrets in configurations are sealed to it. */
  sealingKey: z.string().min(20).max(200),
  labels: Labels.default({}),
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

export const EnrolResponse = z.object({
  agent: AgentId,
  certificate: z.string(),
  ca: z.string(),
  /** Ed25519 root public key, SPKI, base64: signs delegations, and nothing else. */
  rootKey: z.string(),
  /** mqtts://host:port or wss://host:port/mqtt; '' means: where you enrolled. */
  brokerUrl: z.string(),
  labels: Labels,
});
export type EnrolResponse = z.infer<typeof EnrolResponse>;

/** Over mutual TLS with the present certificate (expired is good enough, revoked is not) and for the same key. */
export const RenewRequest = z.strictObject({ csr: z.string().min(100).max(4_000) });
export const RenewResponse = z.object({ certificate: z.string(), ca: z.string() });
export type RenewResponse = z.infer<typeof RenewResponse>;

/** Every refusal of the enrolment listener. */
export const EnrolmentRefusal = z.object({ error: z.string(), fix: z.string() });
export type EnrolmentRefusal = z.infer<typeof EnrolmentRefusal>;
