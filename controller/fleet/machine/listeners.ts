import type { Listener } from '../../../protocol/probes/host.ts';

// What about a listening port deserves a look. Pure.

export type ListenerFlag = 'every-address' | 'unexpected' | 'conflict';

/** A listener whoever has it: what a person calls expected stays so over restarts of its process. */
export const listenerKey = ({ protocol, address, port }: Pick<Listener, 'protocol' | 'address' | 'port'>): string =>
  `${protocol} ${address} ${port}`;

const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/** Whether everybody who reaches one of the host's addresses reaches this port. */
export const isOpenToAll = ({ address }: Pick<Listener, 'address'>): boolean => EVERY_ADDRESS.has(address);

/** `expected`: keys; null: nobody has said what is expected, so nothing is unexpected. */
export const flagsOf = (
  listeners: readonly Listener[],
  expected: ReadonlySet<string> | null,
): readonly (Listener & { readonly flags: readonly ListenerFlag[] })[] => {
  const byPort = Map.groupBy(listeners, ({ protocol, port }) => `${protocol} ${port}`);
  return listeners.map((listener) => {
    const rivals = byPort.get(`${listener.protocol} ${listener.port}`) ?? [];
    const flags: ListenerFlag[] = [];
    if (isOpenToAll(listener)) flags.push('every-address');
    if (expected !== null && !expected.has(listenerKey(listener))) flags.push('unexpected');
    if (rivals.some((other) => other !== listener && isRival(listener, other))) flags.push('conflict');
    return { ...listener, flags };
  });
};

/** Two of different programs whose addresses overlap: who asks gets one or the other. Workers of one program share a port on purpose. */
const isRival = (a: Listener, b: Listener): boolean => {
  if (!overlap(a.address, b.address)) return false;
  if (a.process !== null && b.process !== null) return a.process.name !== b.process.name;
  return a.uid !== b.uid;
};

const overlap = (a: string, b: string): boolean => a === b || covers(a, b) || covers(b, a);
/** :: takes IPv4 too, unless its program said otherwise, which the kernel does not show. */
const covers = (wide: string, narrow: string): boolean => wide === '::' || (wide === '0.0.0.0' && !narrow.includes(':'));

/** Told when so much of the ephemeral ports is used towards one destination, or in all. */
export const EPHEMERAL_WARNING = 0.8;
