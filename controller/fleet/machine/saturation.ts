import type { InterfaceSample } from '../../../protocol/probes/net.ts';
import { type MachineEvent, shown } from './events.ts';

/** A line that is this full delays what it carries: a spike measured through it says more about this host than about the target. */
export const SATURATED = 0.9;

interface Ticked {
  readonly seconds: number | null;
  readonly interfaces: ReadonlyMap<string, InterfaceSample>;
}

/** Bits a second of one interface; null where this round has none. */
export const bitsOf = ({ deltas }: InterfaceSample, seconds: number | null): { readonly inBps: number; readonly outBps: number } | null =>
  deltas === null || seconds === null ? null : { inBps: (8 * (deltas[0] ?? 0)) / seconds, outBps: (8 * (deltas[4] ?? 0)) / seconds };

/** The fuller direction's share of what the line carries, at most 1; null where either is not known. */
export const utilizationOf = (one: InterfaceSample, seconds: number | null): number | null => {
  const bits = bitsOf(one, seconds);
  return bits === null || one.speedBps === undefined ? null : Math.min(1, Math.max(bits.inBps, bits.outBps) / one.speedBps);
};

/** Told when a line of this host fills up, and when it is free again. Pure. */
export const saturationEvents = (before: Ticked | null, now: Ticked): MachineEvent[] =>
  [...now.interfaces.values()].flatMap((one): MachineEvent[] => {
    const old = before?.interfaces.get(one.name);
    const was = old === undefined ? 0 : (utilizationOf(old, before?.seconds ?? null) ?? 0);
    const is = utilizationOf(one, now.seconds);
    if (is === null) return [];
    if (was < SATURATED && is >= SATURATED)
      return [
        { level: 'warning', event: 'uplink-saturated', message: `${shown(one.name)} is full: ${Math.round(is * 100)} % of its speed` },
      ];
    if (was >= SATURATED && is < SATURATED)
      return [{ level: 'info', event: 'uplink-free', message: `${shown(one.name)} is not full any more: ${Math.round(is * 100)} %` }];
    return [];
  });
