import type { NoRate, PortRates } from '../../../protocol/probes/snmp.ts';
import { type CounterReading, stepsOf } from '../../stats/counter.ts';

/** What a port counted up to one moment. */
export interface PortReading {
  /** When its octets, and when its other counters were read, monotonic ms. */
  readonly atMs: number;
  readonly restAtMs: number;
  readonly counters: ReadonlyMap<string, CounterReading>;
  /** ifCounterDiscontinuityTime; null where the device has none. */
  readonly discontinuityCs: number | null;
  readonly speedBps: number | null;
  readonly type: number;
}

export type RatesOrWhy = { readonly rates: PortRates; readonly noRate?: undefined } | { readonly rates: null; readonly noRate: NoRate };

/** What the device is, beside the port. */
export interface Surroundings {
  readonly restarted: boolean;
  /** The speed of its fastest port: no tunnel or VLAN carries more. null: it tells none. */
  readonly fastestBps: number | null;
}

/** ifTypes whose speed is the line's, not a figure that somebody typed: ethernetCsmacd and its older names, ieee80211, ieee8023adLag. */
const PHYSICAL = new Set([6, 26, 62, 69, 71, 117, 161]);
/** ifTypes that never leave the box, at whatever speed it moves memory: other, softwareLoopback, propVirtual, bridge. */
const INNER = new Set([1, 24, 53, 209]);
/** Devices count in hardware and bring it to SNMP every few seconds: that much may come early or late. */
const UPDATE_MS = 15_000;
const SHORTEST_MS = 100;
const FASTEST_BPS = 1.6e12;
/** The smallest frame with its preamble and gap takes 84 bytes of a line, a cell or a PPP frame less. */
const SMALLEST_PACKET_BYTES = 20;

/** The rates of one port between two readings, or the reason why there are none. Never negative, never more than the port can carry. Pure. */
export const ratesOf = (before: PortReading | undefined, now: PortReading, around: Surroundings): RatesOrWhy => {
  if (now.counters.size === 0) return no('no-counters');
  if (before === undefined) return no('first');
  const ms = now.atMs - before.atMs;
  if (ms < SHORTEST_MS) return no('no-time');
  if (around.restarted) return no('reboot');
  if (before.discontinuityCs !== null && now.discontinuityCs !== null && before.discontinuityCs !== now.discontinuityCs)
    return no('discontinuity');
  const limitBps = limitOf(now, around);
  const mostOctets = (limitBps / 8) * ((ms + UPDATE_MS) / 1_000);
  const steps = stepsOf(before.counters, now.counters, (name) =>
    name.endsWith('Octets') ? mostOctets : mostOctets / SMALLEST_PACKET_BYTES,
  );
  if (steps.kind === 'none') return no(steps.why);
  if (steps.deltas.size === 0) return no('first');
  const restMs = Math.max(SHORTEST_MS, now.restAtMs - before.restAtMs);
  return { rates: makeRates(steps.deltas, { seconds: ms / 1_000, restSeconds: restMs / 1_000, limitBps, speedBps: now.speedBps }) };
};

const no = (noRate: NoRate): RatesOrWhy => ({ rates: null, noRate });

/** What the port can carry, bit/s: its own speed where that is a line's, otherwise at most what the fastest line of the box does. */
const limitOf = ({ speedBps, type }: PortReading, { fastestBps }: Surroundings): number => {
  const own = speedBps !== null && speedBps > 0 ? speedBps : null;
  if (own !== null && PHYSICAL.has(type)) return own;
  return INNER.has(type) ? FASTEST_BPS : Math.max(own ?? 0, fastestBps ?? 0) || FASTEST_BPS;
};

interface Measure {
  readonly seconds: number;
  readonly restSeconds: number;
  readonly limitBps: number;
  readonly speedBps: number | null;
}

const makeRates = (deltas: ReadonlyMap<string, number>, { seconds, restSeconds, limitBps, speedBps }: Measure): PortRates => {
  const of = (...names: string[]): number | undefined => {
    const there = names.flatMap((name) => deltas.get(name) ?? []);
    return there.length === 0 ? undefined : there.reduce((sum, one) => sum + one, 0);
  };
  const perSecond = (count: number | undefined): number | undefined => (count === undefined ? undefined : count / restSeconds);
  const inOctets = deltas.get('ifHCInOctets') ?? deltas.get('ifInOctets');
  const outOctets = deltas.get('ifHCOutOctets') ?? deltas.get('ifOutOctets');
  // A line does not carry more than it can; what seems so was counted a moment before the last reading.
  const bits = (octets: number | undefined): number | undefined =>
    octets === undefined ? undefined : Math.min(limitBps, (octets * 8) / seconds);
  const used = (rate: number | undefined): number | undefined =>
    rate === undefined || speedBps === null || speedBps <= 0 ? undefined : Math.min(1, rate / speedBps);
  const wide = deltas.has('ifHCInUcastPkts');
  const inPackets = wide ? of('ifHCInUcastPkts', 'ifHCInMulticastPkts', 'ifHCInBroadcastPkts') : of('ifInUcastPkts', 'ifInNUcastPkts');
  const outPackets = deltas.has('ifHCOutUcastPkts')
    ? of('ifHCOutUcastPkts', 'ifHCOutMulticastPkts', 'ifHCOutBroadcastPkts')
    : of('ifOutUcastPkts', 'ifOutNUcastPkts');
  const broadcast = deltas.get('ifHCInBroadcastPkts');
  const hasShare = broadcast !== undefined && wide && inPackets !== undefined && inPackets > 0;
  return defined({
    seconds,
    inOctets,
    outOctets,
    inBitsPerSecond: bits(inOctets),
    outBitsPerSecond: bits(outOctets),
    inUtilizationRatio: used(bits(inOctets)),
    outUtilizationRatio: used(bits(outOctets)),
    inPacketsPerSecond: perSecond(inPackets),
    outPacketsPerSecond: perSecond(outPackets),
    inErrorsPerSecond: perSecond(deltas.get('ifInErrors')),
    outErrorsPerSecond: perSecond(deltas.get('ifOutErrors')),
    inDiscardsPerSecond: perSecond(deltas.get('ifInDiscards')),
    outDiscardsPerSecond: perSecond(deltas.get('ifOutDiscards')),
    inBroadcastRatio: hasShare ? broadcast / inPackets : undefined,
  });
};

type Optional<T> = { readonly [K in keyof T]: T[K] | undefined };
/** A key that says nothing is not there. */
const defined = ({ seconds, ...rest }: Optional<Omit<PortRates, 'seconds'>> & { readonly seconds: number }): PortRates => {
  const rates: Record<string, number> & { seconds: number } = { seconds };
  let key: keyof typeof rest;
  for (key in rest) {
    const value = rest[key];
    if (value !== undefined) rates[key] = value;
  }
  return rates;
};
