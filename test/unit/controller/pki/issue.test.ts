import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import t from 'tap';
import { DAY_MS, openAuthority, P256 } from '../../../../controller/pki/authority.ts';
import { issueAgentCertificate, issueServerCertificate, readRequest } from '../../../../controller/pki/issue.ts';
import { readPeer } from '../../../../controller/pki/peer.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { systemClock } from '../../../../protocol/time.ts';

const now = Date.UTC(2026, 10, 21);
const clock = { ...systemClock, now: () => now };

const requestOf = async (namedCurve = 'P-256'): Promise<string> => {
  const algorithm = { ...P256, namedCurve };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=anything', keys, signingAlgorithm: algorithm });
  return request.toString('pem');
};

const issueTo = async (directory: string, agentId = 'ams1') => {
  const authority = await openAuthority(directory, clock, systemRandom);
  const request = await readRequest(await requestOf());
  if (!request.ok) throw new Error(request.reason);
  const issued = await issueAgentCertificate(authority, request.value, agentId, now, systemRandom);
  return { authority, issued, keyHash: request.value.keyHash };
};

t.test('authority: a second start finds the same one, its key for its owner only', async (t) => {
  const directory = t.testdir();
  const first = await openAuthority(directory, clock, systemRandom);

  const second = await openAuthority(directory, clock, systemRandom);

  t.equal(second.pin, first.pin);
  t.equal(second.certificatePem, first.certificatePem);
  t.equal(statSync(join(directory, 'ca.key')).mode & 0o777, 0o600);
});

t.test('agent certificate: names the agent, lives seven days, and is read back as that peer', async (t) => {
  const { authority, issued, keyHash } = await issueTo(t.testdir());

  const peer = readPeer(new X509Certificate(issued.pem), authority.certificatePem, now);

  t.same(peer, { ok: true, value: { agentId: 'ams1', serial: issued.serial, keyHash, expired: false } });
  t.equal(issued.expiresAt, now + 7 * DAY_MS);
});

t.test('agent certificate: after its time it is expired, not unknown', async (t) => {
  const { authority, issued } = await issueTo(t.testdir());

  const peer = readPeer(new X509Certificate(issued.pem), authority.certificatePem, now + 8 * DAY_MS);

  t.equal(peer.ok && peer.value.expired, true);
});

t.test('peer: refused without a certificate, from another authority, and as a server', async (t) => {
  const { authority, issued } = await issueTo(t.testdir({ a: {}, b: {} }));
  const other = await openAuthority(join(t.testdirName, 'b'), clock, systemRandom);
  const server = await issueServerCertificate(authority, ['localhost', '127.0.0.1', '::1'], now, systemRandom);

  t.match(readPeer(undefined, authority.certificatePem, now), { ok: false, reason: 'no client certificate' });
  t.match(readPeer(new X509Certificate(issued.pem), other.certificatePem, now), {
    ok: false,
    reason: /not of this controller's authority/,
  });
  t.match(readPeer(new X509Certificate(server.pem), authority.certificatePem, now), { ok: false, reason: /not for TLS clients/ });
});

t.test('server certificate: good for every name that it was asked for', async (t) => {
  const authority = await openAuthority(t.testdir(), clock, systemRandom);

  const { pem } = await issueServerCertificate(authority, ['controller.sonde.internal', '127.0.0.1', '::1'], now, systemRandom);

  const certificate = new X509Certificate(pem);
  t.equal(certificate.checkHost('controller.sonde.internal'), 'controller.sonde.internal');
  t.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
  t.equal(certificate.checkIP('::1'), '::1');
  t.equal(certificate.checkHost('elsewhere.example'), undefined);
});

t.test('request: another curve, no PEM and a signature of another key are refused by name', async (t) => {
  const [mine, theirs] = [await requestOf(), await requestOf()];
  const der = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const swapped = der(mine);
  const foreignKey = new x509.Pkcs10CertificateRequest(theirs).publicKey.rawData;
  const at = swapped.indexOf(Buffer.from(new x509.Pkcs10CertificateRequest(mine).publicKey.rawData));
  Buffer.from(foreignKey).copy(swapped, at);
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${swapped.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;

  t.same(await readRequest(await requestOf('P-384')), { ok: false, reason: 'csr: the key is not of the curve P-256' });
  t.same(await readRequest('nonsense'), { ok: false, reason: 'csr: not a PKCS#10 request in PEM' });
  t.same(await readRequest(forged), { ok: false, reason: 'csr: its signature is not of its own key' });
});
