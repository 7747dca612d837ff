// What to look at first around an incident: the stored series of the machines and devices that have a part in it, asked by the troubleshooting chart.
import type { Hint } from '../../protocol/incident.ts';
import { Target } from '../../protocol/target.ts';
import { type HintFacts, type HintSeries, hintsOf } from '../alerts/hints.ts';
import { flagsOf } from '../fleet/machine/listeners.ts';
import type { Controller } from '../ports.ts';
import { ownSeries } from '../series/own.ts';
import type { SeriesStore } from '../series/store.ts';
import type { State } from '../state/database.ts';
import { parseMembers } from './incident-view.ts';

interface Sources {
  readonly state: State;
  readonly store: SeriesStore;
  readonly controller: Pick<Controller, 'clock' | 'devices' | 'deviceLatest' | 'machines'>;
}

/** Of a storm the first ones: a hint is a hint. */
const ENDS_MOST = 5;
const BEFORE_MS = 600_000;
/** Points a series: enough for a correlation, cheap for an incident of days. */
const POINTS = 60;
const BUCKET_LEAST_MS = 60_000;

/** Hints for one incident; null when there is none of this number. */
export const readHints = async (sources: Sources, id: number): Promise<Hint[] | null> => {
  const row = await sources.state.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const members = parseMembers(row.members);
  const first = (names: readonly (string | null)[]): string[] => [...new Set(names)].filter((one) => one !== null).slice(0, ENDS_MOST);
  const agents = first(members.map(({ agent }) => agent));
  const targets = first(members.map(({ target }) => target));
  const devices = await devicesAt(sources, targets);
  const window = { from: row.opened_at - BEFORE_MS, to: (row.resolved_at ?? Math.floor(sources.controller.clock.now())) + 1 };
  const series = [
    ...(await readSeries(sources.store, { agents, targets, devices }, window)),
    ...agents.flatMap((agent) => conflictsOf(sources, agent)),
  ];
  const incident = { openedAt: row.opened_at, resolvedAt: row.resolved_at };
  return [...hintsOf({ incident, series, interfaces: agents.flatMap((agent) => linksOf(sources, agent)) })];
};

/** Devices that an incident is about by their name, or that have the address of one of its targets. */
const devicesAt = async ({ state, controller }: Sources, targets: readonly string[]): Promise<string[]> => {
  const rows = await state
    .selectFrom('targets')
    .select('document')
    .where('id', 'in', [...targets, ''])
    .execute();
  const addresses = new Set(rows.map(({ document }) => Target.parse(JSON.parse(document)).address));
  const known = await controller.devices.list();
  return known
    .map(({ device }) => device)
    .filter(({ id, address }) => targets.includes(id) || addresses.has(address))
    .map(({ id }) => id)
    .slice(0, ENDS_MOST);
};

interface Source {
  readonly measurement: string;
  readonly tag: 'agent' | 'target' | 'device';
  /** The tag that says which part of it. */
  readonly part: string | null;
  readonly fields: readonly string[];
  /** What the chart asks about, from the fields in their order; null where they say nothing. */
  readonly ratios: Readonly<Record<string, (values: readonly (number | null)[]) => number | null>>;
}

const most = (...values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};
const hundredth = (percent: number | null): number | null => (percent === null ? null : percent / 100);
/** Bad ones a second beside the good ones. */
const share = (bad: number | null, good: number | null): number | null => (bad === null ? null : bad === 0 ? 0 : bad / (bad + (good ?? 0)));

const SOURCES: readonly Source[] = [
  {
    measurement: 'ping',
    tag: 'target',
    part: 'agent',
    fields: ['percent_packet_loss'],
    ratios: { loss_ratio: ([percent = null]) => hundredth(percent) },
  },
  {
    measurement: 'net',
    tag: 'agent',
    part: 'interface',
    fields: [
      'in_utilization_ratio',
      'out_utilization_ratio',
      'in_error_percent',
      'out_error_percent',
      'in_drop_percent',
      'out_drop_percent',
    ],
    ratios: {
      utilization_ratio: ([into = null, out = null]) => most(into, out),
      error_ratio: ([, , into = null, out = null]) => hundredth(most(into, out)),
      discard_ratio: ([, , , , into = null, out = null]) => hundredth(most(into, out)),
    },
  },
  {
    measurement: 'interface',
    tag: 'device',
    part: 'ifName',
    fields: [
      'in_utilization_ratio',
      'out_utilization_ratio',
      'in_errors_per_second',
      'out_errors_per_second',
      'in_discards_per_second',
      'out_discards_per_second',
      'in_packets_per_second',
      'out_packets_per_second',
    ],
    ratios: {
      utilization_ratio: ([into = null, out = null]) => most(into, out),
      error_ratio: ([, , into = null, out = null, , , goodIn = null, goodOut = null]) => most(share(into, goodIn), share(out, goodOut)),
      discard_ratio: ([, , , , into = null, out = null, goodIn = null, goodOut = null]) => most(share(into, goodIn), share(out, goodOut)),
    },
  },
  {
    measurement: 'netstat',
    tag: 'agent',
    part: null,
    fields: ['ephemeral_used_ratio'],
    ratios: { tcp_ports_used_ratio: ([ratio = null]) => ratio },
  },
];

const readSeries = async (
  store: SeriesStore,
  ends: { readonly agents: readonly string[]; readonly targets: readonly string[]; readonly devices: readonly string[] },
  { from, to }: { readonly from: number; readonly to: number },
): Promise<HintSeries[]> => {
  const bucketMs = Math.max(BUCKET_LEAST_MS, Math.ceil((to - from) / POINTS / BUCKET_LEAST_MS) * BUCKET_LEAST_MS);
  const found: HintSeries[] = [];
  for (const { measurement, tag, part, fields, ratios } of SOURCES) {
    const names = ends[`${tag}s`];
    if (names.length === 0) continue;
    const tags = ownSeries({ [tag]: names, ...(tag === 'target' ? { agent: ends.agents } : {}) });
    const asked = fields.map((field) => ({ field, aggregate: 'mean' as const }));
    for (const { tags: own, rows } of await store.query({ measurement, tags, fields: asked, from, to, bucketMs })) {
      const of =
        tag === 'target' ? `${own['target'] ?? ''} from ${own['agent'] ?? ''}` : nameOf(own[tag], part === null ? null : own[part]);
      for (const [field, read] of Object.entries(ratios)) {
        const points = rows.flatMap(([at, ...values]) => {
          const value = read(values.map((one) => (typeof one === 'number' ? one : null)));
          return value === null ? [] : [{ at, value }];
        });
        if (points.length > 0) found.push({ field, of, points });
      }
    }
  }
  return found;
};

const nameOf = (whose: string | undefined, part: string | null | undefined): string => `${whose ?? ''}${part ? ` ${part}` : ''}`;

/** Ports that two programs want, as of when the agent looked at its sockets last. */
const conflictsOf = ({ controller }: Sources, agent: string): HintSeries[] => {
  const machine = controller.machines.get(agent);
  if (machine?.sockets == null || machine.socketsAt === null) return [];
  const ports = new Set(flagsOf(machine.sockets.listeners, null).flatMap(({ flags, port }) => (flags.includes('conflict') ? [port] : [])));
  return [{ field: 'listen_conflicts', of: agent, points: [{ at: machine.socketsAt, value: ports.size }] }];
};

/** Only lines that are in use: a cable that nobody plugged in has no duplex. */
const linksOf = ({ controller }: Sources, agent: string): HintFacts['interfaces'][number][] =>
  [...(controller.machines.get(agent)?.links.values() ?? [])]
    .filter(({ operState, adminUp }) => adminUp && operState === 'up')
    .map(({ name, duplex, speedBps }) => ({ of: `${agent} ${name}`, duplex, speedBitsPerSecond: speedBps }));
