import type { Send } from '../ports.ts';
import { Agent, request } from 'undici';
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const TIMEOUT_MS = 10_000;

const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv6');

/** Loopback, private, link-local and multicast, also as an IPv4 address mapped into IPv6. */
export const isPrivate = (address: string): boolean => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return privateNetworks.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
};

/** Looks the name up and refuses private addresses in the same step, so that a name cannot change its answer in between. */
const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '');
    const bad = addresses.find(({ address }) => isPrivate(address));
    if (bad !== undefined)
      return done(new Error(`${host} is ${bad.address}, a private address: allow it in the notifier, if it is meant`), '');
    const [first] = addresses;
    return options.all === true ? done(null, addresses) : done(null, first?.address ?? '', first?.family);
  });
};
const anywhere = new Agent({ connect: { timeout: TIMEOUT_MS } });
const publicOnly = new Agent({ connect: { timeout: TIMEOUT_MS, lookup: publicLookup } });

/** One POST; redirects are not followed. */
export const send: Send = async ({ url, headers, body, allowPrivate, signal }) => {
  const { hostname } = new URL(url);
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(literal) > 0 && isPrivate(literal))
    throw new Error(`${literal} is a private address: allow it in the notifier, if it is meant`);
  const answer = await request(url, {
    method: 'POST',
    headers,
    body,
    dispatcher: allowPrivate ? anywhere : publicOnly,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    signal,
  });
  await answer.body.dump();
  const seconds = Number(answer.headers['retry-after']); // a date instead is not honoured: our own back-off holds then
  return { status: answer.statusCode, ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }) };
};
