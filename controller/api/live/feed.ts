// What tabs are told, several times a second at most: rows that are different from what was last told, and new rounds.
import type { IncidentView, SmokeColumn } from '../../../protocol/api.ts';
import type { Change } from '../../fleet/changes.ts';
import { viewAgent } from '../agent-view.ts';
import type { Context } from '../context.ts';
import { listIncidents } from '../incident-view.ts';
import { readOverview } from '../overview.ts';
import { viewPair } from '../pair-view.ts';
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
  /** Those who asked just now get all rows, the others those that are different. */
  const tellRows = <T>(
    topic: Exclude<ListTopic, 'overview'>,
    rows: readonly T[],
    keyOf: (row: T) => string,
    audience: Audience,
    make: (rows: T[]) => LiveMessage,
  ): void => {
    const before = told[topic];
    const now = new Map(rows.map((row) => [keyOf(row), JSON.stringify(row)]));
    const different = rows.filter((row) => before.get(keyOf(row)) !== now.get(keyOf(row)));
    told[topic] = now;
    if (different.length > 0) tell(audience.old, make(different));
    if (rows.length > 0 && rows.length <= MOST_ROWS_AT_ONCE) tell(audience.fresh, make([...rows]));
  };
  const flushList = async (topic: ListTopic, audience: Audience): Promise<void> => {
    switch (topic) {
      case 'overview':
        return tell([...audience.old, ...audience.fresh], { type: topic, overview: await readOverview(context) });
      case 'agents': {
        const agents = (await context.fleetView.model()).agents.map(viewAgent);
        return tellRows(
          topic,
          agents,
          ({ id }) => id,
          audience,
          (rows) => ({ type: topic, agents: rows }),
        );
      }
      case 'pairs': {
        const model = await context.fleetView.model();
        const pairs = [...model.pairs.values()].map((pair) => viewPair(pair, clock.now()));
        return tellRows(
          topic,
          pairs,
          ({ agent, task }) => `${agent} ${task}`,
          audience,
          (rows) => ({ type: topic, pairs: rows }),
        );
      }
      case 'incidents': {
        const incidents: IncidentView[] = await listIncidents(context.state, { limit: INCIDENTS_SHOWN });
        return tellRows(
          topic,
          incidents,
          ({ id }) => String(id),
          audience,
          (rows) => ({ type: topic, incidents: rows }),
        );
      }
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
      for (const topic of LISTS) {
        const wanting = tabs.filter((tab) => tab.wants(topic));
        const isNew = (tab: Tab): boolean => fresh.get(tab)?.has(topic) ?? false;
        if (wanting.length === 0) continue;
        await flushList(topic, { old: wanting.filter((tab) => !isNew(tab)), fresh: wanting.filter(isNew) });
      }
    },
  };
};

interface Audience {
  readonly old: readonly Tab[];
  readonly fresh: readonly Tab[];
}
