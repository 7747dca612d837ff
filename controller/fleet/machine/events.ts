import type { Link } from '../../../protocol/probes/net.ts';
import type { Listener } from '../../../protocol/probes/host.ts';
import { isOpenToAll, listenerKey } from './listeners.ts';

/** Something that an operator should see on the agent's page and its charts. */
export interface MachineEvent {
  readonly level: 'info' | 'warning';
  readonly event: string;
  readonly message: string;
}

/** A machine that is turned upside down tells so many things at once; the rest is a number. */
const MOST_AT_ONCE = 20;

/** What has changed of the interfaces between two looks. Pure. veth pairs come and go with containers: they are not told. */
export const linkEvents = (before: ReadonlyMap<string, Link>, now: readonly Link[]): MachineEvent[] => {
  const events: MachineEvent[] = [];
  const there = new Map(now.map((link) => [link.name, link]));
  for (const link of now) {
    if (link.kind === 'veth') continue;
    const old = before.get(link.name);
    if (old === undefined) events.push(info('interface-added', `${shown(link.name)} (${link.kind}) is there`));
    else events.push(...changesOf(old, link));
  }
  for (const [name, { kind }] of before)
    if (!there.has(name) && kind !== 'veth') events.push(warning('interface-gone', `${shown(name)} is not there any more`));
  return limited(events, 'interface-changes');
};

const changesOf = (old: Link, link: Link): MachineEvent[] => {
  const events: MachineEvent[] = [];
  const name = shown(link.name);
  if (isUp(old) !== isUp(link))
    events.push(isUp(link) ? info('interface-up', `${name} is up`) : warning('interface-down', `${name} is ${whyDown(link)}`));
  if (old.speedBps !== link.speedBps && link.speedBps !== null && old.speedBps !== null)
    events.push(warning('interface-speed', `${name}: ${old.speedBps / 1e6} Mbit/s became ${link.speedBps / 1e6} Mbit/s`));
  if (old.duplex !== link.duplex && link.duplex !== null)
    events.push(
      link.duplex === 'half'
        ? warning('interface-duplex', `${name} is half duplex now`)
        : info('interface-duplex', `${name} is full duplex`),
    );
  if (old.mtu !== link.mtu) events.push(info('interface-mtu', `${name}: MTU ${old.mtu ?? '?'} became ${link.mtu ?? '?'}`));
  const addresses = ({ addresses: all }: Link): string[] => all.map(({ address, prefix }) => `${address}/${prefix}`);
  const [had, has] = [addresses(old), addresses(link)];
  for (const address of has.filter((one) => !had.includes(one))) events.push(info('address-added', `${name} has ${address}`));
  for (const address of had.filter((one) => !has.includes(one))) events.push(info('address-gone', `${name} has not ${address} any more`));
  return events;
};

/** Loopback and tunnels say "unknown" while they work. */
export const isUp = ({ adminUp, operState }: Link): boolean => adminUp && (operState === 'up' || operState === 'unknown');
const whyDown = ({ adminUp, operState }: Link): string => (adminUp ? operState : 'switched off');

/** What has changed of the listeners between two looks. Pure. */
export const listenerEvents = (before: ReadonlySet<string>, now: readonly Listener[]): MachineEvent[] => {
  const seen = new Set<string>();
  const events: MachineEvent[] = [];
  for (const listener of now) {
    const key = listenerKey(listener);
    if (seen.has(key)) continue;
    seen.add(key);
    if (before.has(key)) continue;
    const who = listener.process === null ? `a process of user ${listener.uid}` : listener.process.name;
    const open = isOpenToAll(listener);
    const message = `${who} listens on ${key}${open ? ', open to every address' : ''}`;
    events.push(open ? warning('listener-new', message) : info('listener-new', message));
  }
  for (const key of before) if (!seen.has(key)) events.push(info('listener-gone', `nobody listens on ${key} any more`));
  return limited(events, 'listener-changes');
};

const limited = (events: readonly MachineEvent[], rest: string): MachineEvent[] =>
  events.length <= MOST_AT_ONCE
    ? [...events]
    : [...events.slice(0, MOST_AT_ONCE), info(rest, `and ${events.length - MOST_AT_ONCE} more at once`)];

/** Names are whatever somebody liked: what is not plain stands in quotes. */
export const shown = (name: string): string => (/^[\w.:@-]+$/.test(name) ? name : JSON.stringify(name));

const info = (event: string, message: string): MachineEvent => ({ level: 'info', event, message });
const warning = (event: string, message: string): MachineEvent => ({ level: 'warning', event, message });
