import { BlockList, isIP } from 'node:net';

const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 96], // unspecified, loopback, and IPv4 addresses in the old compatible form
  ['64:ff9b::', 96], // NAT64 leads to any IPv4 address, private ones too
  ['64:ff9b:1::', 48],
  ['2002::', 16], // 6to4, likewise
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv6');

/** Loopback, private, link-local, multicast, and what leads there; also as an IPv4 address mapped into IPv6, however it is written. */
export const isPrivate = (address: string): boolean => {
  const plain = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain;
  return privateNetworks.check(mapped, isIP(mapped) === 6 ? 'ipv6' : 'ipv4');
};
