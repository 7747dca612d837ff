import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** Signs the UTF-8 bytes of a text with Ed25519 (RFC 8032); base64. */
export const signText = (text: string, privateKey: KeyObject): string => sign(null, Buffer.from(text), privateKey).toString('base64');

/** True when `signature` is the key's over exactly these bytes. Never throws: a malformed signature or key is a wrong one. */
export const isSignedBy = (text: string, signature: string, publicKeyBase64: string): boolean => {
  try {
    return verify(null, Buffer.from(text), publicKeyOf(publicKeyBase64), Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
};

/** Base64 of the DER SubjectPublicKeyInfo: how public keys travel. */
export const formatPublicKey = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');

const publicKeyOf = (base64: string): KeyObject => createPublicKey({ key: Buffer.from(base64, 'base64'), type: 'spki', format: 'der' });
