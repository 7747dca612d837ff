import { toSlug } from '../../../protocol/ids.ts';

// Which port is which, whatever number the device gives it today. ifIndex may be dealt anew at a reboot or when a card is put in
// (RFC 2863 section 3.1.5), so a port is known by its name, its description and its address, and only then by its number.

/** A port's face in one round. `name` is ifName, or ifDescr where there is none. */
export interface Face {
  readonly index: number;
  readonly name: string;
  readonly alias: string;
  readonly physAddress: string;
}
export interface KnownPort extends Face {
  readonly id: string;
}
/** What is remembered of a device from round to round, over restarts of the agent too. */
export interface Known {
  readonly sysName: string;
  /** Ports that are gone are kept: one that comes back is the same. */
  readonly ports: readonly KnownPort[];
}
export const nothingKnown: Known = { sysName: '', ports: [] };

export interface Recognised {
  readonly known: Known;
  /** By ifIndex. */
  readonly ids: ReadonlyMap<number, string>;
  /** Another box answers here now: nothing that was counted before may be compared. */
  readonly replaced: boolean;
}

/** Ways of being the same, the surest first. A way counts only where it points to one port on either side. */
const WAYS: readonly ((face: Face, sameIndex: boolean) => string | null)[] = [
  ({ name, alias, physAddress }) => (name === '' ? null : `${name}\n${alias}\n${physAddress}`),
  ({ name, physAddress }) => (name === '' || physAddress === '' ? null : `${name}\n${physAddress}`),
  ({ name, alias }) => (name === '' || alias === '' ? null : `${name}\n${alias}`),
  ({ name }) => (name === '' ? null : name),
  ({ alias, physAddress }) => (alias === '' || physAddress === '' ? null : `${alias}\n${physAddress}`),
  // VLANs share the address of their port: alone it says something only where the number stayed too.
  ({ physAddress }, sameIndex) => (physAddress === '' || !sameIndex ? null : physAddress),
];
/** Ports remembered at most, for each that is there. */
const KEPT_TIMES = 2;
const KEPT_MORE = 200;
const LONGEST_ID = 48;

/** Gives each port its id: the one that it had, or a new one made of its name. Pure. */
export const recognise = (before: Known, sysName: string, faces: readonly Face[]): Recognised => {
  const replaced = isAnother(before, sysName, faces);
  const old = replaced ? [] : before.ports;
  const matched = match(old, faces);
  const taken = new Set(old.map(({ id }) => id));
  const ids = new Map<number, string>();
  const here: KnownPort[] = [];
  for (const face of faces.toSorted((a, b) => a.index - b.index)) {
    const id = matched.get(face.index)?.id ?? newId(face, taken);
    taken.add(id);
    ids.set(face.index, id);
    here.push({ ...face, id });
  }
  const present = new Set(here.map(({ id }) => id));
  const gone = old.filter(({ id }) => !present.has(id)).slice(-(here.length * (KEPT_TIMES - 1) + KEPT_MORE));
  return { known: { sysName, ports: [...gone, ...here] }, ids, replaced };
};

/** Another name, and none of the hardware addresses that were here: another box. A new name alone is a renamed box. */
const isAnother = (before: Known, sysName: string, faces: readonly Face[]): boolean => {
  if (before.ports.length === 0 || before.sysName === sysName) return false;
  const addresses = new Set(before.ports.map(({ physAddress }) => physAddress).filter((address) => address !== ''));
  const now = faces.map(({ physAddress }) => physAddress).filter((address) => address !== '');
  return addresses.size > 0 && now.length > 0 && !now.some((address) => addresses.has(address));
};

const match = (old: readonly KnownPort[], faces: readonly Face[]): Map<number, KnownPort> => {
  const matched = new Map<number, KnownPort>();
  let unknown = faces;
  let left = old;
  for (const way of WAYS) {
    // Several of the same face: the one with the same number is the same.
    for (const sameIndex of [true, false]) {
      const keyOf = (face: Face): string | null => {
        const key = way(face, sameIndex);
        return key === null ? null : sameIndex ? `${key}\n${face.index}` : key;
      };
      const candidates = Map.groupBy(left, keyOf);
      const seekers = Map.groupBy(unknown, keyOf);
      for (const [key, [face, ...others]] of seekers) {
        const found = key === null ? undefined : candidates.get(key);
        const [port, ...more] = found ?? [];
        if (face === undefined || port === undefined || others.length > 0 || more.length > 0) continue;
        matched.set(face.index, port);
      }
      const used = new Set(Array.from(matched.values(), ({ id }) => id));
      unknown = unknown.filter(({ index }) => !matched.has(index));
      left = left.filter(({ id }) => !used.has(id));
    }
  }
  return matched;
};

const newId = ({ name, index }: Face, taken: ReadonlySet<string>): string => {
  const base =
    toSlug(name.replaceAll('/', '-'))
      .slice(0, LONGEST_ID)
      .replace(/[.-]+$/, '') || `if${index}`;
  if (!taken.has(base)) return base;
  let n = 2;
  while (taken.has(`${base}-${n}`)) n += 1;
  return `${base}-${n}`;
};
