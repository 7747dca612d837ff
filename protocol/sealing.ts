import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, randomBytes } from 'node:crypto';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Parsed } from './labels.ts';

// Secrets inside configurations: a broker keeps retained messages, so only the agent that uses a secret can open it.
// X25519 with a key made for this one message (RFC 7748), HKDF-SHA256 (RFC 5869), AES-256-GCM. The context (agent and task) is bound
// in: a sealed secret cannot be moved into another task.

const FORM = 'x1.';
const PUBLIC_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals a text to an agent's sealing key (X25519, SPKI, base64, as enrolled). Throws when that is no such key. */
export const seal = (sealingKey: string, context: string, text: string): string => {
  const recipient = createPublicKey({ key: Buffer.from(sealingKey, 'base64'), format: 'der', type: 'spki' });
  const own = generateKeyPairSync('x25519');
  const ownPublic = rawOf(own.publicKey);
  const nonce = randomBytes(NONCE_BYTES);
  const key = keyOf(own.privateKey, recipient, ownPublic, rawOf(recipient), context);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return FORM + Buffer.concat([ownPublic, nonce, body, cipher.getAuthTag()]).toString('base64url');
};

/** Opens what was sealed to this private key (PEM) in the same context. The reason never holds anything of the secret. */
export const unseal = (privateKeyPem: string, context: string, sealed: string): Parsed<string> => {
  const bytes = Buffer.from(sealed.slice(FORM.length), 'base64url');
  if (!sealed.startsWith(FORM) || bytes.length < PUBLIC_BYTES + NONCE_BYTES + TAG_BYTES)
    return { ok: false, reason: 'not a sealed secret' };
  try {
    const own = createPrivateKey(privateKeyPem);
    const senderRaw = bytes.subarray(0, PUBLIC_BYTES);
    const sender = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: senderRaw.toString('base64url') }, format: 'jwk' });
    const nonce = bytes.subarray(PUBLIC_BYTES, PUBLIC_BYTES + NONCE_BYTES);
    const key = keyOf(own, sender, senderRaw, rawOf(createPublicKey(own)), context);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const body = bytes.subarray(PUBLIC_BYTES + NONCE_BYTES, -TAG_BYTES);
    return { ok: true, value: Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8') };
  } catch {
    return { ok: false, reason: "not sealed to this agent's key for this task" };
  }
};

/** What binds a secret to its place. */
export const sealingContext = (agentId: string, taskId: string): string => `sonde ${agentId} ${taskId}`;

const keyOf = (own: KeyObject, other: KeyObject, sender: Uint8Array, recipient: Uint8Array, context: string): Uint8Array => {
  const shared = diffieHellman({ privateKey: own, publicKey: other });
  return new Uint8Array(hkdfSync('sha256', shared, Buffer.concat([sender, recipient]), `sonde seal 1 ${context}`, 32));
};

/** The last 32 bytes of an X25519 SPKI are the key itself (RFC 8410). */
const rawOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(-PUBLIC_BYTES);
