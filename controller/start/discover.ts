import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { SetupState } from '../../protocol/api.ts';

/** An address that this host itself uses, found without sending anything. */
export type Found = SetupState['found'][number];

const FILES = { route4: '/proc/net/route', route6: '/proc/net/ipv6_route', resolvers: '/etc/resolv.conf' } as const;
/** RTF_UP | RTF_GATEWAY. */
const UP_GATEWAY = 0x3;

/** The default gateways and the resolvers of this host, loopback left out, each once. */
export const discover = (read: (path: string) => string = readOrNothing): Found[] => {
  const found = [
    ...gateways4(read(FILES.route4)).map((address) => makeFound(address, 'gateway', FILES.route4)),
    ...gateways6(read(FILES.route6)).map((address) => makeFound(address, 'gateway', FILES.route6)),
    ...resolvers(read(FILES.resolvers)).map((address) => makeFound(address, 'resolver', FILES.resolvers)),
  ];
  return found.filter(({ address }, index) => found.findIndex((other) => other.address === address) === index);
};

/** `Iface Destination Gateway Flags …`, addresses as little-endian hex. */
export const gateways4 = (table: string): string[] =>
  table
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([, destination, , flags]) => destination === '00000000' && (Number.parseInt(flags ?? '0', 16) & UP_GATEWAY) === UP_GATEWAY)
    .map(([, , gateway = '']) => [...Buffer.from(gateway, 'hex')].toReversed().join('.'))
    .filter((address) => isIP(address) === 4 && address !== '0.0.0.0');

/** `destination prefix-length source prefix-length next-hop metric refcount use flags device`. A link-local next hop needs its zone, so it is left out. */
export const gateways6 = (table: string): string[] =>
  table
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([destination, length]) => /^0{32}$/.test(destination ?? '') && length === '00')
    .map(([, , , , hop = '']) => hop)
    .filter((hop) => /^[0-9a-f]{32}$/.test(hop) && !/^(0{32}|fe[89ab])/.test(hop))
    .map((hop) => new URL(`http://[${hop.replaceAll(/(.{4})(?=.)/g, '$1:')}]`).hostname.slice(1, -1));

/** resolv.conf(5): `nameserver <address>`. A resolver on loopback is this host itself. */
export const resolvers = (text: string): string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map(([, address = '']) => address)
    .filter((address) => isIP(address) > 0 && !isLoopback(address));

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** RFC 1918, 6598 and 4193: a network of one's own. */
const isOwnNetwork = (address: string): boolean =>
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab])/i.test(address);

const makeFound = (address: string, kind: Found['kind'], source: string): Found => ({
  address,
  kind,
  source,
  ownNetwork: isOwnNetwork(address),
});

/** No IPv6, no resolver: then there is nothing to find. */
const readOrNothing = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
