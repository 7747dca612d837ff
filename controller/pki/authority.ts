import 'reflect-metadata';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Random } from '../../protocol/random.ts';
import type { Clock } from '../../protocol/time.ts';
import { readKeyFile, writeKeyFile } from './key-files.ts';

export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
export const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_652;

/** The controller's own certificate authority. */
export interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly certificatePem: string;
  /** SHA-256 of the SubjectPublicKeyInfo, hex: what an enrolment token carries. */
  readonly pin: string;
  readonly signingKey: CryptoKey;
}

/** Reads the authority of the directory, or makes it at the first start; it lives ten years. Throws when only half of it is there. */
export const openAuthority = async (directory: string, clock: Clock, random: Random): Promise<Authority> => {
  const keyPath = join(directory, 'ca.key');
  const certificatePath = join(directory, 'ca.crt');
  const keyPem = readKeyFile(keyPath) ?? (await makeKey(keyPath));
  const signingKey = await importKey(keyPem);
  let certificatePem = readKeyFile(certificatePath);
  if (certificatePem === null) {
    certificatePem = await makeCertificate(keyPem, signingKey, clock.now(), random);
    writeKeyFile(certificatePath, certificatePem);
  }
  const certificate = new x509.X509Certificate(certificatePem);
  const pin = hashPublicKey(certificate.publicKey);
  if (
    pin !==
    createHash('sha256')
      .update(createPublicKey(keyPem).export({ type: 'spki', format: 'der' }))
      .digest('hex')
  )
    throw new Error(`${certificatePath} is not of the key in ${keyPath}: restore both from one backup`);
  return { certificate, certificatePem, pin, signingKey };
};

/** SHA-256 hex of a SubjectPublicKeyInfo: how keys are compared and remembered. */
export const hashPublicKey = (key: x509.PublicKey): string => createHash('sha256').update(new Uint8Array(key.rawData)).digest('hex');

/** 16 bytes, positive and without a leading zero, so that every program prints it alike; lower-case hex. */
export const makeSerial = (random: Random): string => `5${random.hex(16).slice(1)}`;

/** A new P-256 key pair; the private half also as PKCS#8 PEM. */
export const makeKeyPair = async (): Promise<{ publicKey: CryptoKey; pem: string }> => {
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    publicKey: keys.publicKey,
    pem: createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }).export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

/** The public half of a private key in PEM. */
export const publicKeyOf = (keyPem: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('spki', createPublicKey(keyPem).export({ type: 'spki', format: 'der' }), P256, true, ['verify']);

/** The key of this name in the directory; made at the first time. */
export const openKey = async (directory: string, name: string): Promise<string> => {
  const path = join(directory, name);
  return readKeyFile(path) ?? makeKey(path);
};

const makeKey = async (path: string): Promise<string> => {
  const { pem } = await makeKeyPair();
  writeKeyFile(path, pem);
  return pem;
};

const importKey = (pem: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }), P256, false, ['sign']);

const makeCertificate = async (keyPem: string, signingKey: CryptoKey, now: number, random: Random): Promise<string> => {
  const publicKey = await publicKeyOf(keyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: makeSerial(random),
    name: [{ CN: ['Sonde controller CA'] }],
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    keys: { privateKey: signingKey, publicKey },
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
};
