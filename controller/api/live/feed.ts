// What tabs are told, several times a second at most: rows that are different from what was last told, and new rounds.
import type { SmokeColumn } from '../../../protocol/api.ts';
import type { Change } from '../../fleet/changes.ts';
import { viewAgent } from '../agent-view.ts';
import type { Context } from '../context.ts';
import { type FleetModel, type PairModel, pairKey } from '../fleet-view.ts';
import { listIncidents } from '../incident-view.ts';
import { readOverview } from '../overview.ts';
import { judge, viewPair } from '../pair-view.ts';
import type { LiveMessage, Tab } from './tab.ts';

/** A tab that asks for a list gets all of it once, when it is not longer than this; otherwise it has fetched it. */
const MOST_ROWS_AT_ONCE = 2_000;
/** Of one pair between two flushes. */
const MOST_COLUMNS = 500;
const INCIDENTS_SHOWN = 100;

export interface Feed {
  note(change: Change, isWanted: (topic: string) => boolean): void;
  /** New rounds and "something changed"; cheap, four times a second. */
  flushRounds(tabs: readonly Tab[]): void;
  /** Lists and numbers, once a second. */
  flushLists(tabs: readonly Tab[]): Promise<void>;
}

interface Rounds {
  readonly agent: string;
  readonly task: string;
  readonly columns: SmokeColumn[];
  dropped: boolean;
}

const LISTS = ['overview', 'agents', 'pairs', 'incidents'] as const;
type ListTopic = (typeof LISTS)[number];

export const openFeed = (context: Context): Feed => {
  const { clock } = context.controller;
  const told = { agents: new Map<string, string>(), pairs: new Map<string, string>(), incidents: new Map<string, string>() };
  let rounds = new Map<string, Rounds>();
  let targetsChanged = false;

  const noteRounds = (topic: string, { agent, task, columns }: Omit<Rounds, 'dropped'> | Extract<Change, { kind: 'rounds' }>): void => {
    const kept = rounds.get(topic) ?? { agent, task, columns: [], dropped: false };
    rounds.set(topic, kept);
    kept.columns.push(...columns);
    if (kept.columns.length <= MOST_COLUMNS) return;
    kept.columns.splice(0, kept.columns.length - MOST_COLUMNS);
    kept.dropped = true;
  };
  const tell = (tabs: readonly Tab[], message: LiveMessage): void => {
    if (tabs.length === 0) return;
    const text = JSON.stringify(message);
    for (const tab of tabs) tab.send(text, clock.monotonic());
  };
  /** Those who asked just now get all rows, the others those whose sign is another one than was last told. */
  const tellRows = <M, V>(topic: Exclude<ListTopic, 'overview'>, audience: Audience, { models, signOf, view, make }: Rows<M, V>): void => {
    const before = told[topic];
    const signs = models.map(signOf);
    const different = models.filter((_, index) => {
      const [key, sign] = signs[index] ?? ['', ''];
      return before.get(key) !== sign;
    });
    told[topic] = new Map(signs);
    if (different.length > 0 && audience.old.length > 0) tell(audience.old, make(different.map(view)));
    const isShort = models.length > 0 && models.length <= MOST_ROWS_AT_ONCE;
    if (isShort && audience.fresh.length > 0) tell(audience.fresh, make(models.map(view)));
  };
  const flushList = async (topic: ListTopic, audience: Audience, model: FleetModel): Promise<void> => {
    const now = clock.now();
    switch (topic) {
      case 'overview':
        return tell([...audience.old, ...audience.fresh], { type: topic, overview: await readOverview(context, model) });
      case 'agents':
        return tellRows(topic, audience, {
          models: model.agents.map(viewAgent),
          signOf: (agent) => [agent.id, JSON.stringify(agent)],
          view: (agent) => agent,
          make: (agents) => ({ type: topic, agents }),
        });
      case 'pairs':
        return tellRows(topic, audience, {
          models: [...model.pairs.values()],
          signOf: (pair) => [pairKey(pair.agent.id, pair.task), signOfPair(pair, now)],
          view: (pair) => viewPair(pair, now),
          make: (pairs) => ({ type: topic, pairs }),
        });
      case 'incidents':
        return tellRows(topic, audience, {
          models: await listIncidents(context.state, { limit: INCIDENTS_SHOWN }),
          signOf: (incident) => [String(incident.id), JSON.stringify(incident)],
          view: (incident) => incident,
          make: (incidents) => ({ type: topic, incidents }),
        });
      default:
        return topic satisfies never;
    }
  };

  return {
    note(change, isWanted) {
      if (change.kind === 'targets') targetsChanged = true;
      if (change.kind !== 'rounds') return context.fleetView.forget();
      const topic = `pair:${change.agent}:${change.task}`;
      if (isWanted(topic)) noteRounds(topic, change);
    },
    flushRounds(tabs) {
      const taken = rounds;
      rounds = new Map();
      for (const [topic, { dropped, ...message }] of taken) {
        const wanting = tabs.filter((tab) => tab.wants(topic));
        if (dropped) for (const tab of wanting) tab.skip();
        tell(wanting, { type: 'rounds', ...message });
      }
      if (targetsChanged)
        tell(
          tabs.filter((tab) => tab.wants('targets')),
          { type: 'targets' },
        );
      targetsChanged = false;
    },
    async flushLists(tabs) {
      const fresh = new Map(tabs.map((tab) => [tab, tab.takeNew()]));
      if (!tabs.some((tab) => LISTS.some((topic) => tab.wants(topic)))) return;
      const model = await context.fleetView.model();
      for (const topic of LISTS) {
        const wanting = tabs.filter((tab) => tab.wants(topic));
        const isNew = (tab: Tab): boolean => fresh.get(tab)?.has(topic) ?? false;
        if (wanting.length === 0) continue;
        await flushList(topic, { old: wanting.filter((tab) => !isNew(tab)), fresh: wanting.filter(isNew) }, model);
      }
    },
  };
};

/** All that a row shows comes from its newest round, its judgement and its target: cheaper to compare than thousands of rows as text. */
const signOfPair = (pair: PairModel, now: number): string => {
  const { state, reason = '' } = judge(pair, now);
  return `${pair.latest?.column.at ?? ''} ${pair.stored.updatedAt} ${state} ${reason}`;
};

interface Rows<M, V> {
  readonly models: readonly M[];
  /** What the row is known by, and a text that is another one when the row is different. */
  readonly signOf: (model: M) => readonly [key: string, sign: string];
  readonly view: (model: M) => V;
  readonly make: (rows: V[]) => LiveMessage;
}

interface Audience {
  readonly old: readonly Tab[];
  readonly fresh: readonly Tab[];
}
