import * as z from 'zod';

/** The guard rails: what the host's own root allows, whatever the controller says. Enforced in the process that sends. */
export const Limits = z.strictObject({
  allowedProbes: z
    .array(z.enum(['icmp', 'trace', 'tcp', 'http', 'dns', 'stamp', 'sip', 'snmp', 'net', 'host']))
    .default(['icmp', 'snmp', 'net', 'host']),
  /** CIDR. Broadcast, multicast and 0.0.0.0/8 are denied always. */
  deniedNetworks: z.array(z.union([z.cidrv4(), z.cidrv6()])).default([]),
  perTarget: z
    .strictObject({
      packetsPerSecond: z.number().positive().default(5),
      burstPackets: z.int().positive().default(40),
      bytesPerSecond: z.number().positive().default(1_500),
    })
    .prefault({}),
  /** One public /24 (IPv4) or /48 (IPv6); private, link-local and loopback networks do not count: one's own LAN is not a victim. */
  perNetwork: z.strictObject({ packetsPerSecond: z.number().positive().default(50) }).prefault({}),
  /** Requests to one device; more wait their turn. */
  snmp: z.strictObject({ requestsPerSecond: z.number().positive().default(200) }).prefault({}),
  /** Whether this host may page by itself when its controller is gone: one HTTP request a notifier that the controller has prepared. */
  pages: z.boolean().default(true),
  total: z.strictObject({ packetsPerSecond: z.number().positive().default(2_000) }).prefault({}),
});
export type Limits = z.infer<typeof Limits>;
