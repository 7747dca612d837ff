import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { formatPublicKey } from '../../protocol/signature.ts';
import type { DataDirectory } from './files.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** The host's own keys: made once, kept 0600, used again by every later registration, so that running it again is harmless. */
export const ensureKeys = (data: DataDirectory): { readonly key: string; readonly sealingPublicKey: string; readonly made: boolean } => {
  const kept = data.key();
  const keptSealing = data.sealingKey();
  const key = kept ?? pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const sealing = keptSealing ?? pem(generateKeyPairSync('x25519').privateKey);
  if (kept === null) data.writeKey(key);
  if (keptSealing === null) data.writeSealingKey(sealing);
  return { key, sealingPublicKey: formatPublicKey(createPublicKey(sealing)), made: kept === null };
};

/** PKCS#10 (RFC 2986) in PEM for this key, signed by it. The library is loaded only here: it is large, and needed twice a week. */
export const makeRequest = async (keyPem: string, agentId: string): Promise<string> => {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const privateDer = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  const publicDer = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  const keys = {
    privateKey: await crypto.subtle.importKey('pkcs8', privateDer, P256, false, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', publicDer, P256, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: [{ CN: [agentId] }], keys, signingAlgorithm: P256 });
  return request.toString('pem');
};

const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();
