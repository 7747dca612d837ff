import { createHash, X509Certificate } from 'node:crypto';
import { AgentId } from '../../protocol/ids.ts';
import type { Parsed } from '../../protocol/labels.ts';

/** Extended key usage "TLS client" (RFC 5280, section 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** Who a client certificate of our authority says that its holder is. Says nothing about revocation. */
export interface Peer {
  readonly agentId: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** SHA-256 hex of the SubjectPublicKeyInfo. */
  readonly keyHash: string;
  /** True when the certificate is out of its dates: then it is good for nothing but renewing itself. */
  readonly expired: boolean;
}

/**
 * Checks a client certificate by hand: issuer, signature, purpose, name, dates. By hand, because one that has expired may still renew,
 * and TLS knows no such half-open door. Possession of its key was proved by the handshake.
 */
export const readPeer = (certificate: X509Certificate | undefined, authorityPem: string, now: number): Parsed<Peer> => {
  if (certificate === undefined) return { ok: false, reason: 'no client certificate' };
  const authority = new X509Certificate(authorityPem);
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    return { ok: false, reason: "the client certificate is not of this controller's authority" };
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) return { ok: false, reason: 'the certificate is not for TLS clients' };
  const agentId = /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? '';
  if (!AgentId.safeParse(agentId).success) return { ok: false, reason: 'the certificate names no agent' };
  const notBefore = Date.parse(certificate.validFrom);
  const notAfter = Date.parse(certificate.validTo);
  if (now < notBefore) return { ok: false, reason: 'the certificate is not valid yet' };
  return {
    ok: true,
    value: {
      agentId,
      serial: certificate.serialNumber.toLowerCase(),
      keyHash: createHash('sha256')
        .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
        .digest('hex'),
      expired: now > notAfter,
    },
  };
};
