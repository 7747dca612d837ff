// Series that are no echo rounds, as rules see them: a device's ports, hosts, and what others write to us.
import type { Round } from '../../protocol/round.ts';
import { roundEndMs } from '../../protocol/round.ts';
import type { Observation } from './observation.ts';

/** A stored point, as far as rules look at it. */
export interface PointLike {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly at: number;
  readonly fields: Readonly<Record<string, number | string | boolean>>;
}

/** Tags that name the agent, the target and the task, which the series' name has already. */
const NAMED = new Set(['host', 'agent', 'device', 'target', 'task', 'url', 'agent_host', 'source', 'sysName', 'origin']);
/** Of foreign series nobody says how often they come. */
const FOREIGN_INTERVAL_MS = 60_000;

/** The points of one round of any other kind; each becomes a series of its own within the task. */
export const observePoints = (round: Round, points: readonly PointLike[]): readonly Observation[] =>
  points.flatMap((point) => {
    const values = numbersOf(point);
    if (Object.keys(values).length === 0) return [];
    const { measurement, tags } = point;
    const task = `${round.task}:${measurement}${ownName(tags)}`;
    return [{ measurement, task, tags, at: round.at, end: roundEndMs(round), intervalMs: round.intervalMs, boundMs: 0, values }];
  });

/** What others wrote: their host, or who wrote it, stands where the agent does. All other tags are the series' name: nobody knows which of them count. */
export const observeForeign = (point: PointLike): { readonly agent: string; readonly observation: Observation } | null => {
  const values = numbersOf(point);
  if (Object.keys(values).length === 0) return null;
  const { measurement, tags, at } = point;
  const named = tags['host'] === undefined ? 'origin' : 'host';
  const agent = (tags[named] ?? 'elsewhere').replaceAll('/', '-');
  const task = `:${plain(measurement)}${foreignName(tags, agent === tags[named] ? named : '')}`;
  return { agent, observation: { measurement, task, tags, at, end: at, intervalMs: FOREIGN_INTERVAL_MS, boundMs: 0, values } };
};

const numbersOf = ({ fields }: PointLike): Record<string, number> =>
  Object.fromEntries(Object.entries(fields).flatMap(([field, value]) => (typeof value === 'number' ? [[field, value] as const] : [])));

/** `{eth0}`, or all tags of its own: what tells it from its siblings, without a slash, which parts agent and target. */
const ownName = (tags: Readonly<Record<string, string>>): string => {
  const own =
    tags['port'] ??
    Object.entries(tags)
      .flatMap(([key, value]) => (NAMED.has(key) ? [] : [`${key}=${value}`]))
      .join(',');
  return own === '' ? '' : `{${own}}`;
};

/** `{origin=edge,url="a,b"}`: every tag but the one that names the agent, in one order, whatever the order in which they were written. */
const foreignName = (tags: Readonly<Record<string, string>>, named: string): string => {
  const own = Object.keys(tags)
    .filter((key) => key !== named)
    .sort()
    .map((key) => `${plain(key)}=${plain(tags[key] ?? '')}`);
  return own.length === 0 ? '' : `{${own.join(',')}}`;
};

/** As it is, or quoted where it could be taken for more than one word. */
const plain = (text: string): string => (/[,={}"\\]/.test(text) ? JSON.stringify(text) : text);
