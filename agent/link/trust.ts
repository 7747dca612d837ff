import { createHash, X509Certificate } from 'node:crypto';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import type { Parsed } from '../../protocol/labels.ts';

/** Extended key usage "TLS server" (RFC 5280, section 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** What the agent trusts: the authority's certificate (PEM), or, before enrolment, the SHA-256 (hex) of its SubjectPublicKeyInfo. */
export type Anchor = { readonly authority: string } | { readonly pin: string };

/** Checks by hand what TLS was told not to: authority, signature, purpose, name, dates. Returns the authority's certificate, PEM.
 * `nowMs` null: the host has no synchronised clock, so dates say nothing (a thief of an expired key gains from it; a host without a battery
 * clock would otherwise never come back). That the server holds the key was proved by the handshake. */
export const verifyServer = (leaf: X509Certificate | undefined, anchor: Anchor, nowMs: number | null): Parsed<string> => {
  if (leaf === undefined) return no('the server showed no certificate');
  const authority = 'authority' in anchor ? new X509Certificate(anchor.authority) : leaf.issuerCertificate;
  if (authority === undefined) return no('the server did not show the certificate of its authority');
  if ('pin' in anchor && pinOf(authority) !== anchor.pin)
    return no(`the authority is not the pinned one (${pinOf(authority).slice(0, 16)}…): another controller, or somebody in between`);
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey))
    return no('the certificate is not of the pinned authority: another controller, or somebody in between');
  if (!leaf.keyUsage?.includes(SERVER_AUTH)) return no('the certificate is not for TLS servers');
  if (leaf.checkHost(CONTROLLER_SERVER_NAME, { subject: 'never' }) === undefined)
    return no(`the certificate is not for ${CONTROLLER_SERVER_NAME}`);
  for (const { whose, certificate } of [
    { whose: 'server', certificate: leaf },
    { whose: 'authority', certificate: authority },
  ]) {
    if (nowMs === null) break;
    const { validFrom, validTo } = certificate;
    if (nowMs < Date.parse(validFrom)) return no(`the ${whose}'s certificate is valid from ${validFrom} only: is this host's clock right?`);
    if (nowMs > Date.parse(validTo)) return no(`the ${whose}'s certificate has expired on ${validTo}`);
  }
  return { ok: true, value: authority.toString() };
};

export const pinOf = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

const no = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });
