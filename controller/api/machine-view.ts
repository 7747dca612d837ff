// The agents' own machines as the pages see them.
import type { CountersView, HostView, InterfaceList, InterfaceView, SocketView, TrafficView } from '../../protocol/api-machine.ts';
import { type InterfaceSample, type Link, NET_COUNTERS } from '../../protocol/probes/net.ts';
import { isUp } from '../fleet/machine/events.ts';
import { flagsOf, listenerKey } from '../fleet/machine/listeners.ts';
import { ephemeralRatio, type MachineLatest, nothing } from '../fleet/machine/state.ts';

export const viewInterfaces = (machine: MachineLatest = nothing): InterfaceList => {
  const { net, links } = machine;
  const seconds = net?.seconds ?? null;
  // Links are looked at once a minute, counters on each tick: what only the links know has just gone.
  const names = net === null ? [...links.keys()] : [...net.interfaces.keys()];
  return {
    at: net?.at ?? null,
    intervalMs: net?.intervalMs ?? null,
    failure: machine.netFailure,
    tickMs: net?.tickMs ?? null,
    total: net === null ? null : { counters: viewCounters(net.total.counters), traffic: viewTraffic(net.total.deltas, seconds) },
    leftOut: net?.leftOut ?? 0,
    interfaces: names.map((name) => viewInterface(name, links.get(name) ?? null, net?.interfaces.get(name), seconds)),
  };
};

const viewInterface = (name: string, link: Link | null, one: InterfaceSample | undefined, seconds: number | null): InterfaceView => {
  const traffic = viewTraffic(one?.deltas ?? null, seconds);
  const speedBps = one?.speedBps ?? link?.speedBps ?? null;
  const used = (bps: number | undefined): number | null => (bps === undefined || speedBps === null ? null : Math.min(1, bps / speedBps));
  return {
    name,
    link,
    up: link === null ? null : isUp(link),
    counters: one === undefined ? null : viewCounters(one.counters),
    traffic,
    ...(one?.noDelta === undefined ? {} : { noDelta: one.noDelta }),
    inUtilization: used(traffic?.inBps),
    outUtilization: used(traffic?.outBps),
  };
};

const viewCounters = (counters: readonly number[]): CountersView => {
  const view = { bytesIn: 0, packetsIn: 0, errorsIn: 0, dropsIn: 0, bytesOut: 0, packetsOut: 0, errorsOut: 0, dropsOut: 0 };
  for (const [index, name] of NET_COUNTERS.entries()) view[name] = counters[index] ?? 0;
  return view;
};

const viewTraffic = (deltas: readonly number[] | null, seconds: number | null): TrafficView | null => {
  if (deltas === null || seconds === null) return null;
  const { bytesIn, packetsIn, errorsIn, dropsIn, bytesOut, packetsOut, errorsOut, dropsOut } = viewCounters(deltas);
  const percent = (bad: number, good: number): number => (bad === 0 ? 0 : (100 * bad) / (bad + good));
  return {
    inBps: (8 * bytesIn) / seconds,
    outBps: (8 * bytesOut) / seconds,
    inPps: packetsIn / seconds,
    outPps: packetsOut / seconds,
    inErrorPercent: percent(errorsIn, packetsIn),
    outErrorPercent: percent(errorsOut, packetsOut),
    inDropPercent: percent(dropsIn, packetsIn),
    outDropPercent: percent(dropsOut, packetsOut),
  };
};

export const viewSockets = (machine: MachineLatest = nothing, changes: SocketView['changes'] = []): SocketView => {
  const { sockets, socketsAt, listeningSince, expected, expectedBy } = machine;
  const there = new Set(sockets?.listeners.map(listenerKey));
  const flagged = flagsOf(sockets?.listeners ?? [], expected === null ? null : new Set(expected));
  return {
    at: sockets === null ? null : socketsAt,
    failure: machine.hostFailure,
    tcp: sockets?.tcp ?? null,
    udp: sockets?.udp ?? null,
    cut: sockets?.cut ?? false,
    listeners: flagged.map((listener) => ({
      ...listener,
      flags: [...listener.flags],
      since: listeningSince.get(listenerKey(listener)) ?? null,
    })),
    missing: sockets === null ? [] : (expected ?? []).filter((key) => !there.has(key)),
    expectedBy,
    ephemeral: sockets?.ephemeral ?? null,
    ephemeralRatio: sockets === null ? 0 : ephemeralRatio(sockets),
    changes,
  };
};

export const viewHost = (machine: MachineLatest = nothing): HostView => {
  const { host, hostFailure, inventory } = machine;
  const figures = host === null ? null : host.figures;
  return { at: host?.at ?? null, intervalMs: host?.intervalMs ?? null, failure: hostFailure, figures, inventory };
};
