import type { Link } from '../../../protocol/probes/net.ts';
import { type MachineLatest, nothing } from './state.ts';

// What a restart of the controller must not forget of a machine; its figures come with the next round.

interface Facts {
  readonly links: readonly Link[];
  readonly since: readonly (readonly [string, number])[];
  readonly expected: readonly string[] | null;
  readonly expectedBy: string | null;
  readonly inventory: MachineLatest['inventory'];
}
interface Kept extends Facts {
  /** Rounds up to here are in it. */
  readonly linksAt: number | null;
  readonly socketsAt: number | null;
}

/** What has to change before it is written down again: not the time of the last look. */
export const factsOf = ({ links, listeningSince, expected, expectedBy, inventory }: MachineLatest): string => {
  const facts: Facts = {
    links: [...links.values()],
    since: [...listeningSince],
    expected,
    expectedBy,
    inventory,
  };
  return JSON.stringify(facts);
};

export const documentOf = (machine: MachineLatest): string => {
  const { linksAt, socketsAt } = machine;
  return `${factsOf(machine).slice(0, -1)},"linksAt":${linksAt},"socketsAt":${socketsAt}}`;
};

export const machineOf = (document: string): MachineLatest => {
  const { links, since, linksAt, socketsAt, expected, expectedBy, inventory }: Kept = JSON.parse(document); // our own column, written above
  return {
    ...nothing,
    links: new Map(links.map((link) => [link.name, link])),
    linksAt,
    socketsAt,
    listeningSince: new Map(since),
    expected,
    expectedBy,
    inventory,
  };
};
