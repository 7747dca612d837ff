// What is known of each agent now, in memory; what matters is written down within a tick, the rest every minute.
import type { AgentEvent } from '../../protocol/event.ts';
import type { ConfigReport } from '../../protocol/config-report.ts';
import type { OnlineStatus, Status } from '../../protocol/status.ts';
import { compiledOnce } from '../state/compiled.ts';
import type { State } from '../state/database.ts';
import { type Presence, type PresenceEvent, recall, step } from './presence.ts';

/** An agent as heard of up to now: fresher than its row in the control database, which is written down every minute. */
export interface AgentPresence {
  readonly id: string;
  readonly online: boolean;
  /** Since when it is so; null before the first word. */
  readonly since: number | null;
  readonly seenAt: number | null;
  readonly status: OnlineStatus | null;
  readonly report: ConfigReport | null;
  /** True while the controller has just started and waits for the agent to come back. */
  readonly waiting: boolean;
  /** Why it is off: line-cut, stopped, silent, not-back. */
  readonly reason: string | null;
}

export interface Board {
  readonly heard: (agent: string, at: number) => void;
  readonly status: (agent: string, status: Status, at: number) => void;
  readonly report: (agent: string, report: ConfigReport, at: number) => void;
  readonly event: (agent: string, event: AgentEvent, at: number) => void;
  /** Time passes: silence becomes off. */
  readonly tick: (at: number) => void;
  /** Writes down what matters; with `all` also when each agent was last heard of. */
  readonly flush: (all: boolean) => Promise<void>;
  readonly get: (agent: string) => AgentPresence | undefined;
  readonly list: () => readonly AgentPresence[];
  /** After agents were enrolled or revoked: who is there now. */
  readonly setAgents: (ids: readonly string[]) => void;
  count(): { readonly online: number; readonly offline: number };
}

export interface BoardOptions {
  readonly state: State;
  readonly silentAfterMs: number;
  readonly graceMs: number;
  /** Somebody who watches wants to know. */
  readonly onChange: (ids: readonly string[]) => void;
  readonly onTurn: (agent: string, turned: 'online' | 'off', why: string, at: number) => void;
}

interface Entry {
  presence: Presence;
  seenAt: number | null;
  status: OnlineStatus | null;
  report: ConfigReport | null;
  /** now: within a tick. later: with the next full flush. */
  dirty: 'no' | 'later' | 'now';
}
interface Pending {
  readonly turns: { agent_id: string; from_at: number; state: 'online' | 'off' }[];
  readonly events: { agent_id: string; at: number; level: string; event: string; message: string }[];
}
/** A flood of events of one agent must not fill the memory between two flushes. */
const MOST_PENDING_EVENTS = 1_000;

export const openBoard = async ({ state, silentAfterMs, graceMs, onChange, onTurn }: BoardOptions, at: number): Promise<Board> => {
  const entries = await load(state, at, graceMs);
  let pending: Pending = { turns: [], events: [] };

  const entryOf = (agent: string): Entry => {
    const entry = entries.get(agent) ?? { presence: { phase: 'never' }, seenAt: null, status: null, report: null, dirty: 'no' };
    entries.set(agent, entry);
    return entry;
  };
  const apply = (agent: string, event: PresenceEvent, now: number): Entry => {
    const entry = entryOf(agent);
    const wasWaiting = entry.presence.phase === 'waiting';
    const { presence, turned } = step(entry.presence, event, now, { silentAfterMs });
    entry.presence = presence;
    if (turned !== undefined) {
      entry.dirty = 'now';
      pending.turns.push({ agent_id: agent, from_at: Math.floor(now), state: turned });
      onTurn(agent, turned, presence.phase === 'off' ? presence.why : '', now);
    }
    if (turned !== undefined || (wasWaiting && presence.phase !== 'waiting')) onChange([agent]);
    return entry;
  };
  const touch = (entry: Entry, now: number): void => {
    entry.seenAt = Math.floor(now);
    if (entry.dirty === 'no') entry.dirty = 'later';
  };

  return {
    heard: (agent, now) => touch(apply(agent, { kind: 'heard' }, now), now),
    status(agent, status, now) {
      if (status.state === 'offline') {
        apply(agent, { kind: 'offline', why: status.reason }, now);
        return;
      }
      const entry = apply(agent, { kind: 'online' }, now);
      touch(entry, now);
      const news = isNews(entry.status, status);
      entry.status = status;
      if (news) entry.dirty = 'now';
      onChange([agent]);
    },
    report(agent, report, now) {
      const entry = entryOf(agent);
      touch(entry, now);
      entry.report = report;
      entry.dirty = 'now';
      onChange([agent]);
    },
    event(agent, { at: when, level, event, message }) {
      if (pending.events.length < MOST_PENDING_EVENTS) pending.events.push({ agent_id: agent, at: when, level, event, message });
      onChange([agent]);
    },
    tick(now) {
      for (const agent of entries.keys()) apply(agent, { kind: 'tick' }, now);
    },
    async flush(all) {
      const dirty = [...entries].filter(([, { dirty: how }]) => how === 'now' || (all && how === 'later'));
      if (dirty.length === 0 && pending.turns.length === 0 && pending.events.length === 0) return;
      const writing = pending;
      pending = { turns: [], events: [] };
      const levels = dirty.map(([, entry]) => entry.dirty);
      for (const [, entry] of dirty) entry.dirty = 'no';
      try {
        await write(state, dirty, writing);
      } catch (error) {
        pending = { turns: [...writing.turns, ...pending.turns], events: [...writing.events, ...pending.events] };
        for (const [i, [, entry]] of dirty.entries()) entry.dirty = levels[i] === 'now' || entry.dirty === 'now' ? 'now' : 'later';
        throw error;
      }
    },
    get: (agent) => {
      const entry = entries.get(agent);
      return entry === undefined ? undefined : viewOf(agent, entry);
    },
    list: () => [...entries].map(([agent, entry]) => viewOf(agent, entry)),
    setAgents(ids) {
      const there = new Set(ids);
      for (const agent of entries.keys()) if (!there.has(agent)) entries.delete(agent);
      for (const agent of ids) entryOf(agent);
    },
    count() {
      const online = [...entries.values()].filter(({ presence }) => isOnline(presence)).length;
      return { online, offline: entries.size - online };
    },
  };
};

const isOnline = (presence: Presence): boolean => presence.phase === 'online' || presence.phase === 'waiting';

const viewOf = (id: string, { presence, seenAt, status, report }: Entry): AgentPresence => ({
  id,
  online: isOnline(presence),
  since: presence.phase === 'never' ? null : presence.since,
  seenAt,
  status,
  report,
  waiting: presence.phase === 'waiting',
  reason: presence.phase === 'off' ? presence.why : null,
});

/** What an operator would want kept over a crash; figures that move with every status wait for the full flush. */
const isNews = (before: OnlineStatus | null, now: OnlineStatus): boolean => keptAtOnce(before) !== keptAtOnce(now);
const keptAtOnce = (status: OnlineStatus | null): string =>
  status === null
    ? ''
    : JSON.stringify([
        status.epoch,
        status.version,
        status.hostname,
        status.capabilities,
        status.applied,
        status.mayBeStale,
        status.health.icmp,
      ]);

const load = async (state: State, at: number, graceMs: number): Promise<Map<string, Entry>> => {
  const rows = await state.selectFrom('agents').selectAll().where('state', '=', 'active').execute();
  const turns = await state
    .selectFrom('presence')
    .select(['agent_id', (b) => b.fn.max('from_at').as('from_at')])
    .groupBy('agent_id')
    .execute();
  const since = new Map(turns.map(({ agent_id, from_at }) => [agent_id, Number(from_at)]));
  return new Map(
    rows.map((row): [string, Entry] => [
      row.id,
      {
        presence: recall(row.online === 1, since.get(row.id) ?? null, at, graceMs),
        seenAt: row.seen_at,
        status: row.status === null ? null : (JSON.parse(row.status) as OnlineStatus), // Border: our own column, written below.
        report: row.config_report === null ? null : (JSON.parse(row.config_report) as ConfigReport), // Border: the same.
        dirty: 'no',
      },
    ]),
  );
};

/** An agent that has not said its name keeps the one that it enrolled with. */
const writeAgent = compiledOnce((db) =>
  db
    .updateTable('agents')
    .set({ online: 0, seen_at: 0, status: '', config_report: '', hostname: (b) => b.fn.coalesce(b.val(''), 'hostname') })
    .where('id', '=', ''),
);

const write = async (state: State, dirty: readonly (readonly [string, Entry])[], { turns, events }: Pending): Promise<void> => {
  await state.transaction().execute(async (trx) => {
    for (const [agent, { presence, seenAt, status, report }] of dirty) {
      const [statusText, reportText] = [status, report].map((said) => (said === null ? null : JSON.stringify(said)));
      await writeAgent(trx, isOnline(presence) ? 1 : 0, seenAt, statusText, reportText, status?.hostname ?? null, agent);
    }
    for (const turn of turns)
      await trx
        .insertInto('presence')
        .values(turn)
        .onConflict((conflict) => conflict.columns(['agent_id', 'from_at']).doUpdateSet({ state: turn.state }))
        .execute();
    for (const event of events) await trx.insertInto('agent_events').values(event).execute();
  });
};
