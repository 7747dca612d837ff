import type { Limits } from '../config/limits.ts';
import { type IpAddress, isInside, parseIp, parseNetwork } from './address.ts';

// The host owner's guard rails, in the process that sends: whatever the controller asks for, what is refused here does not leave.

export type ProbeName = Limits['allowedProbes'][number];
/** Why an address is not probed at all. */
export type Refusal = 'no-limits' | 'probe-not-allowed' | 'denied-network';
/** Why one packet was held back. */
export type Hold = 'target-packets' | 'target-bytes' | 'network-packets' | 'total-packets';

/** One destination as the rails count it. Tasks with the same address share it. */
export interface Destination {
  readonly address: IpAddress;
  readonly packets: Bucket;
  readonly bytes: Bucket;
  /** null for private, link-local and loopback networks: one's own LAN is not a victim. */
  readonly network: Bucket | null;
}

export interface Guard {
  /** Whether this address may be probed at all; null: yes. */
  refusal(address: IpAddress, probe?: ProbeName): Refusal | null;
  destination(address: IpAddress, nowMs: number): Destination;
  /** Takes the packet's share from every bucket, or, when one of them is short, nothing and says which. `nowMs` must not go back. */
  hold(destination: Destination, wireBytes: number, nowMs: number): Hold | null;
}

/** Token bucket, as four numbers in one array: the hot loop then touches one place in memory. */
export type Bucket = [tokens: number, atMs: number, perMs: number, capacity: number];

/** null limits (the file is missing or unreadable): everything is refused. */
export const makeGuard = (limits: Limits | null, nowMs: number): Guard => {
  if (limits === null)
    return { refusal: () => 'no-limits', destination: (address) => nowhere(address, nowMs), hold: () => 'total-packets' };
  const denied = [...ALWAYS_DENIED, ...limits.deniedNetworks].map(parseNetwork).filter((network) => network !== null);
  const total = makeBucket(limits.total.packetsPerSecond, limits.total.packetsPerSecond, nowMs);
  const destinations = new Map<string, Destination>();
  const networks = new Map<string, Bucket>();
  return {
    refusal: (address, probe = 'icmp') => {
      if (!limits.allowedProbes.includes(probe)) return 'probe-not-allowed';
      return denied.some((network) => isInside(address, network)) ? 'denied-network' : null;
    },
    destination: (address, now) => {
      forgetFull(destinations, (one) => isFull(one.packets, now) && isFull(one.bytes, now));
      forgetFull(networks, (bucket) => isFull(bucket, now));
      const key = address.words.join('.');
      const known = destinations.get(key) ?? openDestination(limits, address, networks, now);
      destinations.set(key, known);
      return known;
    },
    hold: (destination, bytes, now) => take(destination, total, bytes, now),
  };
};

/** RFC 1122 section 3.2.1.3, RFC 5771, RFC 4291. IPv4 in IPv6's clothes is denied too: it would walk around the IPv4 rails. */
const ALWAYS_DENIED = ['0.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32', 'ff00::/8', '::/128', '::ffff:0:0/96'];
const OWN_NETWORKS = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '127.0.0.0/8',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
]
  .map(parseNetwork)
  .filter((network) => network !== null);

/** How many counted destinations are kept before those are dropped whose buckets have filled up again: such a one is as good as new. */
const KEPT_DESTINATIONS = 40_000;

const openDestination = (limits: Limits, address: IpAddress, networks: Map<string, Bucket>, nowMs: number): Destination => {
  const { packetsPerSecond, burstPackets, bytesPerSecond } = limits.perTarget;
  const burstSeconds = Math.max(1, burstPackets / packetsPerSecond);
  return {
    address,
    packets: makeBucket(packetsPerSecond, burstPackets, nowMs),
    bytes: makeBucket(bytesPerSecond, bytesPerSecond * burstSeconds, nowMs),
    network: isPublic(address) ? networkBucket(limits, address, networks, nowMs) : null,
  };
};

const networkBucket = (limits: Limits, address: IpAddress, networks: Map<string, Bucket>, nowMs: number): Bucket => {
  const [first = 0, second = 0] = address.words;
  const key = address.family === 'v4' ? `v4 ${first >>> 8}` : `v6 ${first} ${second >>> 16}`;
  const { packetsPerSecond } = limits.perNetwork;
  const bucket = networks.get(key) ?? makeBucket(packetsPerSecond, packetsPerSecond, nowMs);
  networks.set(key, bucket);
  return bucket;
};

export const isPublic = (address: IpAddress): boolean => !OWN_NETWORKS.some((network) => isInside(address, network));

/** Whether a text is an address that the rails would let be probed, for those who only ask (resolving names, `agent doctor`). */
export const refusalOf = (limits: Limits | null, text: string, probe: ProbeName = 'icmp'): Refusal | 'not-an-address' | null => {
  const address = parseIp(text);
  return address === null ? 'not-an-address' : makeGuard(limits, 0).refusal(address, probe);
};

/** Whether the rails let this machine itself be looked at. */
export const refusalOfProbe = (limits: Limits | null, probe: ProbeName): Refusal | null =>
  limits === null ? 'no-limits' : limits.allowedProbes.includes(probe) ? null : 'probe-not-allowed';

const take = (destination: Destination, total: Bucket, bytes: number, nowMs: number): Hold | null => {
  const { packets, bytes: byteBucket, network } = destination;
  if (levelAt(packets, nowMs) < 1) return 'target-packets';
  if (levelAt(byteBucket, nowMs) < bytes) return 'target-bytes';
  if (network !== null && levelAt(network, nowMs) < 1) return 'network-packets';
  if (levelAt(total, nowMs) < 1) return 'total-packets';
  packets[0] -= 1;
  byteBucket[0] -= bytes;
  if (network !== null) network[0] -= 1;
  total[0] -= 1;
  return null;
};

const makeBucket = (perSecond: number, capacity: number, nowMs: number): Bucket => {
  const atLeastOne = Math.max(1, capacity);
  return [atLeastOne, nowMs, perSecond / 1000, atLeastOne];
};

const levelAt = (bucket: Bucket, nowMs: number): number => {
  const tokens = bucket[0] + Math.max(0, nowMs - bucket[1]) * bucket[2]; // no destructuring: it would run an iterator for each packet
  bucket[0] = Math.min(bucket[3], tokens);
  bucket[1] = nowMs;
  return bucket[0];
};

const isFull = (bucket: Bucket, nowMs: number): boolean => levelAt(bucket, nowMs) >= bucket[3];

const forgetFull = <T>(map: Map<string, T>, full: (value: T) => boolean): void => {
  if (map.size < KEPT_DESTINATIONS) return;
  for (const [key, value] of map) if (full(value)) map.delete(key);
};

const nowhere = (address: IpAddress, nowMs: number): Destination => ({
  address,
  packets: makeBucket(0, 1, nowMs),
  bytes: makeBucket(0, 1, nowMs),
  network: null,
});
