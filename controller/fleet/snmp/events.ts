// What has changed between two polls of a device, as events that charts draw. Pure; ports are known again by their ids, which the agent gives.
import type { DeviceEventKind } from '../../../protocol/device.ts';
import type { PortSample, SnmpSample } from '../../../protocol/probes/snmp.ts';

export interface NewEvent {
  readonly port: string | null;
  readonly kind: DeviceEventKind;
  readonly title: string;
}

/** What is kept of a device's newest poll. */
export interface DevicePoll {
  readonly at: number;
  readonly system: SnmpSample['system'];
  readonly changed: SnmpSample['changed'];
}

const MINUTE_MS = 60_000;
const CS_WRAP_MS = 2 ** 32 * 10;

/** Between the last poll that gave something and this one. */
export const deviceEvents = (before: DevicePoll, now: DevicePoll): NewEvent[] => {
  const events: NewEvent[] = [];
  const restarted = hasRestarted(before, now);
  if (restarted) events.push({ port: null, kind: 'restarted', title: `restarted ${upFor(now)}` });
  const [was, is] = [before.system.name, now.system.name];
  if (was !== is && was !== '' && is !== '') events.push({ port: null, kind: 'device-renamed', title: `${was} is called ${is}` });
  if (!restarted && hasMoved(before.changed.configurationCs, now.changed.configurationCs))
    events.push({ port: null, kind: 'configuration', title: 'running configuration changed' });
  if (!restarted && hasMoved(before.changed.entityCs, now.changed.entityCs))
    events.push({ port: null, kind: 'hardware', title: 'hardware changed' });
  return events;
};

/** sysUpTime went back where it should have gone on; at the top of its 32 bits it may. */
const hasRestarted = (before: DevicePoll, now: DevicePoll): boolean => {
  const [was, is] = [before.system.upTimeCs, now.system.upTimeCs];
  if (was === null || is === null || is >= was) return false;
  const expectedMs = was * 10 + (now.at - before.at);
  return Math.abs(expectedMs - CS_WRAP_MS - is * 10) > MINUTE_MS;
};

const upFor = ({ system: { upTimeCs } }: DevicePoll): string =>
  upTimeCs === null ? '' : `${Math.max(1, Math.round(upTimeCs / 100))} s before it was asked`;

/** These are sysUpTime at the last change: another value is another change, whatever it is. */
const hasMoved = (before: number | null, now: number | null): boolean => before !== null && now !== null && before !== now;

export type PortFacts = Pick<PortSample, 'id' | 'index' | 'name' | 'alias' | 'oper' | 'admin' | 'speedBps'>;

/** Ports that came, changed or went. `complete`: the poll read all ports, so that one that is missing is gone. `known`: all that ever were. */
export const portEvents = (
  known: ReadonlyMap<string, PortFacts & { readonly gone: boolean }>,
  now: readonly PortFacts[],
  complete: boolean,
): NewEvent[] => {
  const events = now.flatMap((port): NewEvent[] => {
    const before = known.get(port.id);
    if (before === undefined) return known.size === 0 ? [] : [{ port: port.id, kind: 'port-added', title: `port ${port.name} added` }];
    const changes = changesOf(before, port);
    return before.gone ? [{ port: port.id, kind: 'port-back', title: `port ${port.name} is back` }, ...changes] : changes;
  });
  if (!complete) return events;
  const present = new Set(now.map(({ id }) => id));
  const gone = [...known.values()].filter(({ id, gone: was }) => !was && !present.has(id));
  return [...events, ...gone.map(({ id, name }): NewEvent => ({ port: id, kind: 'port-gone', title: `port ${name} is gone` }))];
};

const changesOf = (before: PortFacts & { readonly gone: boolean }, now: PortFacts): NewEvent[] => {
  const event = (kind: DeviceEventKind, title: string): NewEvent => ({ port: now.id, kind, title });
  return [
    ...(before.index === now.index ? [] : [event('port-renumbered', `port ${now.name}: ifIndex ${before.index} is ${now.index}`)]),
    ...(before.name === now.name ? [] : [event('port-renamed', `port ${before.name} is called ${now.name}`)]),
    ...(before.alias === now.alias ? [] : [event('port-described', `port ${now.name}: "${before.alias}" is "${now.alias}"`)]),
    ...(isSpeedChange(before, now) ? [event('port-speed', `port ${now.name}: ${mbps(before)} is ${mbps(now)}`)] : []),
    ...(isLinkChange(before, now) ? [event('link', `port ${now.name} is ${LINK[now.oper] ?? 'unknown'}${off(now)}`)] : []),
  ];
};

const isSpeedChange = (before: PortFacts, now: PortFacts): boolean =>
  before.speedBps !== null && now.speedBps !== null && before.speedBps > 0 && now.speedBps > 0 && before.speedBps !== now.speedBps;
const mbps = ({ speedBps }: PortFacts): string => `${(speedBps ?? 0) / 1e6} Mbit/s`;

/** ifOperStatus, RFC 2863. 4 (unknown) says nothing. */
const LINK: Readonly<Record<number, string>> = { 1: 'up', 2: 'down', 3: 'testing', 5: 'dormant', 6: 'not present', 7: 'down below' };
const isLinkChange = (before: PortFacts, now: PortFacts): boolean =>
  before.oper !== now.oper && LINK[before.oper] !== undefined && LINK[now.oper] !== undefined;
const off = ({ admin }: PortFacts): string => (admin === 2 ? ' (switched off)' : '');
