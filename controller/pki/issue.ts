import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { Parsed } from '../../protocol/labels.ts';
import type { Random } from '../../protocol/random.ts';
import { type Authority, DAY_MS, hashPublicKey, makeKeyPair, makeSerial, P256, publicKeyOf } from './authority.ts';

export const AGENT_CERTIFICATE_DAYS = 7;
/** Agents pin the authority and not this; a year, because the web admin's listener takes a new one only at a start. */
export const SERVER_CERTIFICATE_DAYS = 365;
const BROKER_CERTIFICATE_DAYS = 365;
/** Hosts whose clock is behind ours must still find the certificate valid. */
const BACKDATED_MS = DAY_MS;

/** A request whose signature has proved that the sender holds the private key. */
export interface CertificateRequest {
  readonly publicKey: x509.PublicKey;
  /** SHA-256 hex of its SubjectPublicKeyInfo. */
  readonly keyHash: string;
}

export interface Issued {
  readonly pem: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

export interface IssuedWithKey extends Issued {
  readonly keyPem: string;
}

interface Leaf {
  readonly commonName: string;
  readonly days: number;
  readonly usage: string;
  readonly now: number;
  readonly random: Random;
}

/** Checks a PKCS#10 in PEM: readable, P-256, signed by its own key. What it says of its subject is not looked at: we name agents. */
export const readRequest = async (pem: string): Promise<Parsed<CertificateRequest>> => {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    const algorithm = request.publicKey.algorithm;
    if (algorithm.name !== 'ECDSA' || !('namedCurve' in algorithm) || algorithm.namedCurve !== 'P-256')
      return { ok: false, reason: 'csr: the key is not of the curve P-256' };
    if (!(await request.verify())) return { ok: false, reason: 'csr: its signature is not of its own key' };
    return { ok: true, value: { publicKey: request.publicKey, keyHash: hashPublicKey(request.publicKey) } };
  } catch {
    return { ok: false, reason: 'csr: not a PKCS#10 request in PEM' };
  }
};

/** A client certificate for one agent: its common name is the agent's id, and TLS clients is all that it is good for. */
export const issueAgentCertificate = async (
  authority: Authority,
  request: CertificateRequest,
  agentId: string,
  now: number,
  random: Random,
): Promise<Issued> =>
  issue(
    authority,
    request.publicKey,
    { commonName: agentId, days: AGENT_CERTIFICATE_DAYS, usage: x509.ExtendedKeyUsage.clientAuth, now, random },
    [],
  );

/** A server certificate for these names, of a new key unless one is given; IP addresses among them become IP entries. */
export const issueServerCertificate = (
  authority: Authority,
  names: readonly string[],
  now: number,
  random: Random,
  keyPem?: string,
): Promise<IssuedWithKey> =>
  issueWithKey(
    authority,
    { commonName: 'Sonde controller', days: SERVER_CERTIFICATE_DAYS, usage: x509.ExtendedKeyUsage.serverAuth, now, random },
    names,
    keyPem,
  );

/** What an external broker needs: its server certificate, and the controller's client certificate under this name. */
export const issueBrokerCertificates = async (
  authority: Authority,
  names: readonly string[],
  clientName: string,
  now: number,
  random: Random,
): Promise<{ readonly server: IssuedWithKey; readonly client: IssuedWithKey }> => ({
  server: await issueWithKey(
    authority,
    { commonName: 'Sonde broker', days: BROKER_CERTIFICATE_DAYS, usage: x509.ExtendedKeyUsage.serverAuth, now, random },
    names,
  ),
  client: await issueWithKey(
    authority,
    { commonName: clientName, days: BROKER_CERTIFICATE_DAYS, usage: x509.ExtendedKeyUsage.clientAuth, now, random },
    [],
  ),
});

/** The controller's own under an agent's name, for a day: with it, it ends that agent's session at a broker that is not ours. */
export const issueStandIn = (authority: Authority, agentId: string, now: number, random: Random): Promise<IssuedWithKey> =>
  issueWithKey(authority, { commonName: agentId, days: 1, usage: x509.ExtendedKeyUsage.clientAuth, now, random }, []);

const issueWithKey = async (authority: Authority, leaf: Leaf, names: readonly string[], keyPem?: string): Promise<IssuedWithKey> => {
  const { publicKey, pem } = keyPem === undefined ? await makeKeyPair() : { publicKey: await publicKeyOf(keyPem), pem: keyPem };
  const alternatives = names.map((name): x509.JsonGeneralName => ({ type: isIp(name) ? 'ip' : 'dns', value: name }));
  const extensions = names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)];
  return { ...(await issue(authority, publicKey, leaf, extensions)), keyPem: pem };
};

const isIp = (name: string): boolean => /^[0-9.]+$/.test(name) || name.includes(':');

const issue = async (
  authority: Authority,
  publicKey: x509.PublicKey | CryptoKey,
  leaf: Leaf,
  extensions: readonly x509.Extension[],
): Promise<Issued> => {
  const serial = makeSerial(leaf.random);
  // X.509 counts seconds.
  const expiresAt = Math.floor((leaf.now + leaf.days * DAY_MS) / 1000) * 1000;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    issuer: authority.certificate.subject,
    subject: [{ CN: [leaf.commonName] }],
    notBefore: new Date(leaf.now - BACKDATED_MS),
    notAfter: new Date(expiresAt),
    publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([leaf.usage]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      ...extensions,
    ],
  });
  return { pem: `${certificate.toString('pem')}\n`, serial, expiresAt };
};
