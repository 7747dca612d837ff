import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { type Authority, P256 } from './authority.ts';

export interface RevokedCertificate {
  /** Lower-case hex. */
  readonly serial: string;
  /** ms since the epoch. */
  readonly revokedAt: number;
}

/**
 * The certificates that are good for nothing any more (RFC 5280, section 5), in PEM, for brokers that are not ours. It runs out with the authority
 * and not before: a broker refuses everybody under a list that has run out, and one that is not fetched for a while must not shut the fleet out.
 */
export const makeRevocationList = async (authority: Authority, revoked: readonly RevokedCertificate[], now: number): Promise<string> => {
  const list = await x509.X509CrlGenerator.create({
    issuer: authority.certificate.subject,
    thisUpdate: new Date(now),
    nextUpdate: authority.certificate.notAfter,
    entries: revoked.map(({ serial, revokedAt }) => ({ serialNumber: serial, revocationDate: new Date(revokedAt) })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey)],
    signingAlgorithm: P256,
    signingKey: authority.signingKey,
  });
  return `-----BEGIN X509 CRL-----\n${base64Lines(new Uint8Array(list.rawData))}\n-----END X509 CRL-----\n`;
};

/** As RFC 7468 wants it: the library's own PEM has another label, which OpenSSL does not read. */
const base64Lines = (bytes: Uint8Array): string =>
  (
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n');
