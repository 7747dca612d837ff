import { DatabaseSync } from 'node:sqlite';
import { type Alerts, openAlerts, type Standing } from '../../controller/alerts/alerts.ts';
import { openReminders } from '../../controller/alerts/telling/reminders.ts';
import { Member } from '../../controller/alerts/notification.ts';
import type { Arrival } from '../../controller/alerts/arrival.ts';
import { openState, type State } from '../../controller/state/database.ts';
import { silentLog } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import type { Round } from '../../protocol/round.ts';
import type { Clock } from '../../protocol/time.ts';
import { makeBatch, makeRound } from '../helpers/rounds.ts';
import { type Cell, formatTime, type Script, type Span } from './script.ts';

/** A batch is this long on its way. */
const TRANSIT_MS = 200;
/** How often the controller looks who is to be told by now. */
const REMIND_MS = 10_000;

/** Plays a script against the real alerts over a real control database, in virtual time; what happened to incidents, a line each. */
export const play = async (
  script: Script,
  options: { readonly restarts?: boolean; readonly doubled?: boolean } = {},
): Promise<readonly string[]> => {
  const db = new DatabaseSync(':memory:');
  const state = openState(db);
  let nowMs = 0;
  const clock: Clock = {
    now: () => script.startMs + nowMs,
    monotonic: () => nowMs,
    sleep: () => Promise.reject(new Error('nothing here sleeps')),
  };
  await furnish(state, script);
  const open = (): Promise<Alerts> =>
    openAlerts({ state, clock, random: systemRandom, log: silentLog, statuses: () => statusesOf(script, nowMs) });
  let alerts = await open();
  const reminders = openReminders({ state, clock, everyMs: REMIND_MS });
  const arrivals = scheduled(script);
  const endMs = Math.max(...arrivals.map(({ at }) => at), ...script.cut.map(({ toMs }) => toMs)) + script.intervalMs;
  let position = 0;
  const delivered: Arrival[] = [];
  for (let at = 0; at <= endMs; at += 1_000) {
    nowMs = at;
    await setPresence(state, script, at);
    for (const { target } of script.removals.filter(({ atMs }) => atMs === at))
      await state.deleteFrom('targets').where('id', '=', target).execute();
    const due = arrivals.filter((arrival) => arrival.at > at - 1_000 && arrival.at <= at);
    const batch = due.map(({ agent, arrival }) => ({ ...arrival, agent, arrivedAt: script.startMs + at, position: ++position }));
    delivered.push(...batch);
    if (batch.length > 0) await alerts.consume(batch);
    if (options.doubled === true && batch.length > 0) await alerts.consume(delivered);
    if (at % script.tickMs === 0) {
      await alerts.tick();
      await reminders.tick();
    }
    if ((options.restarts === true && batch.length > 0) || script.restarts.includes(at)) alerts = await open();
  }
  const happened = await history(state, script.startMs);
  db.close();
  return happened;
};

/** What each agent says of itself now; every thing it does not speak of is in order. */
const statusesOf = ({ standing, intervalMs }: Script, nowMs: number): readonly Standing[] => {
  const agents = new Set([...standing.keys()].map((name) => name.split(' ')[0] ?? ''));
  return [...agents].map((id) => {
    const value = (field: string): number => standing.get(`${id} ${field}`)?.[Math.floor(nowMs / intervalMs)] ?? 0;
    const clock = { offsetMs: value('clock_skew_ms'), boundMs: 5, ageS: 10 };
    const spool = { rounds: 0, bytes: Math.round(value('spool_ratio') * 1_000), capBytes: 1_000, dropped: 0 };
    const health = { icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 } as const;
    const said = { v: 1, state: 'online', epoch: '00112233aabbccdd', version: '1', hostname: id, capabilities: [], applied: null } as const;
    return { id, online: true, status: { ...said, mayBeStale: false, clock, spool, packetsPerSecond: 0, health, capabilities: [] } };
  });
};

const split = (pair: string): readonly [string, string] => [pair.slice(0, pair.indexOf('/')), pair.slice(pair.indexOf('/') + 1)];

const furnish = async (state: State, script: Script): Promise<void> => {
  const pairs = [...script.rows.keys()].map(split);
  for (const id of new Set(pairs.map(([agent]) => agent))) {
    const row = {
      hostname: id,
      labels: JSON.stringify(script.labels.get(id) ?? {}),
      state: 'active' as const,
      key_hash: '',
      sealing_key: '',
      enrolled_at: script.startMs,
      status: null,
    };
    await state
      .insertInto('agents')
      .values({ id, ...row, online: 1, seen_at: script.startMs, config_report: null })
      .execute();
    await state
      .insertInto('presence')
      .values({ agent_id: id, from_at: script.startMs - 60_000, state: 'online' })
      .execute();
  }
  for (const id of new Set(pairs.map(([, target]) => target))) {
    const agents = { in: { agent: pairs.filter(([, target]) => target === id).map(([agent]) => agent) }, notIn: {} };
    const tasks = [{ intervalMs: script.intervalMs, options: { kind: 'icmp', count: 10, spacingMs: 900 } }];
    const document = JSON.stringify({
      id,
      name: id,
      labels: script.labels.get(id) ?? {},
      address: id.startsWith('loopback') ? '127.0.0.1' : '192.0.2.1',
      agents,
      tasks,
    });
    await state.insertInto('targets').values({ id, document, created_at: script.startMs, updated_at: script.startMs }).execute();
  }
  await state
    .insertInto('settings')
    .values({
      key: 'alerts.dependencies',
      value: JSON.stringify({ parents: script.parents, labels: ['site', 'upstream', 'gateway', 'parent'] }),
    })
    .execute();
  // As if it were not the first start: the script says which rules there are.
  await state.insertInto('settings').values({ key: 'alerts.built-in-rules', value: '1' }).execute();
  for (const rule of script.rules)
    await state
      .insertInto('rules')
      .values({ id: rule.id, document: JSON.stringify(rule), enabled: 1, updated_at: script.startMs })
      .execute();
  for (const window of script.maintenance)
    await state
      .insertInto('maintenance')
      .values({ id: window.id, document: JSON.stringify(window), updated_at: script.startMs })
      .execute();
  const notifier = { id: 'hook', kind: 'webhook', url: 'http://127.0.0.1/', allowPrivate: true };
  await state
    .insertInto('notifiers')
    .values({ id: 'hook', document: JSON.stringify(notifier), updated_at: script.startMs })
    .execute();
};

/** Presence as the controller writes it down. */
const setPresence = async (state: State, { cut, startMs }: Script, at: number): Promise<void> => {
  for (const { agent, fromMs, toMs } of cut) {
    if (at !== fromMs && at !== toMs) continue;
    const isOff = at === fromMs;
    await state
      .updateTable('agents')
      .set({ online: isOff ? 0 : 1 })
      .where('id', '=', agent)
      .execute();
    await state
      .insertInto('presence')
      .values({ agent_id: agent, from_at: startMs + at, state: isOff ? 'off' : 'online' })
      .execute();
  }
};

interface Scheduled {
  readonly at: number;
  readonly agent: string;
  readonly arrival: Pick<Arrival, 'batch'>;
}

/** One batch an agent and an interval, when it arrives. */
const scheduled = ({ rows, intervalMs, cut, held, startMs }: Script): readonly Scheduled[] => {
  const agents = [...new Set([...rows.keys()].map((pair) => split(pair)[0]))];
  const length = Math.max(...[...rows.values()].map((cells) => cells.length));
  const all = agents.flatMap((agent) =>
    Array.from({ length }, (_, index): Scheduled => {
      const endMs = (index + 1) * intervalMs;
      const rounds = [...rows].flatMap(([pair, cells]) => {
        const [from, target] = split(pair);
        const round =
          from === agent ? makeCell(cells[index] ?? { kind: 'no-data' }, `${target}/icmp`, startMs + index * intervalMs, intervalMs) : null;
        return round ? [round] : [];
      });
      const isIn = (span: Span): boolean => span.agent === agent && span.fromMs < endMs && endMs <= span.toMs;
      const away = cut.find(isIn);
      const slow = held.find(isIn);
      const batch = makeBatch(rounds, away ? { lane: 'backlog', lowest: 1, upTo: null } : { lowest: 1, upTo: startMs + endMs });
      const at = Math.ceil(((away ?? slow)?.toMs ?? endMs) + TRANSIT_MS);
      return { at, agent, arrival: { batch } };
    }),
  );
  return all.toSorted((a, b) => a.at - b.at);
};

let seq = 0;
const makeCell = (cell: Cell, task: string, at: number, intervalMs: number): Round | null => {
  seq += 1;
  const base = { task, intervalMs, durationMs: intervalMs };
  switch (cell.kind) {
    case 'no-data':
      return null;
    case 'failed':
      return makeRound(seq, at, { ...base, outcome: { status: 'failed', blame: cell.blame, reason: 'test' } });
    case 'loss': {
      const time = cell.wall
        ? ({ source: 'wall', boundMs: null, ageS: null } as const)
        : ({ source: 'controller', boundMs: 1, ageS: 5 } as const);
      return makeRound(
        seq,
        at,
        { ...base, time },
        Array.from({ length: Math.round((1 - cell.ratio) * 10) }, () => 1),
      );
    }
    case 'rtt': {
      const round = makeRound(
        seq,
        at,
        base,
        Array.from({ length: 10 }, () => cell.medianMs),
      );
      if (round.outcome.status !== 'sampled' || round.outcome.sample.kind !== 'icmp') return round;
      const { sample } = round.outcome;
      return {
        ...round,
        outcome: { status: 'sampled', sample: { ...sample, errorBound: { ...sample.errorBound, boundMs: cell.boundMs } } },
      };
    }
    default:
      return cell satisfies never;
  }
};

/** `1m40s opened high-loss target:gw notified`, in the order in which it was written. */
const history = async (state: State, startMs: number): Promise<readonly string[]> => {
  const events = await state
    .selectFrom('incident_events')
    .innerJoin('incidents', 'incidents.id', 'incident_events.incident_id')
    .select([
      'incident_events.kind',
      'incident_events.at',
      'incidents.rule_id',
      'incidents.cause',
      'incidents.id',
      'incident_events.detail',
    ])
    .orderBy('incident_events.id')
    .execute();
  const told = await state.selectFrom('outbox').select(['incident_id', 'idempotency_key']).execute();
  const open = await state
    .selectFrom('incidents')
    .select(['rule_id', 'cause', 'members'])
    .where('state', '=', 'firing')
    .orderBy('id')
    .execute();
  const stillOpen = open.map(({ rule_id, cause, members }) => {
    const series = Member.array().parse(JSON.parse(members));
    return `open ${rule_id} ${cause} ${series.map((member) => `${member.series}=${member.value}`).join(' ')}`;
  });
  const happened = events.map(({ kind, at, rule_id, cause, id, detail }) => {
    const status = kind === 'opened' ? 'firing' : kind;
    const count = told.filter((row) => row.incident_id === id && row.idempotency_key.includes(`/${status}/`)).length;
    const series = kind === 'joined' || kind === 'left' ? ` ${detail.split(':')[0]}` : '';
    return `${formatTime(at - startMs)} ${kind} ${rule_id} ${cause}${series}${count > 0 ? ` notified=${count}` : ''}`;
  });
  return [...happened, ...stillOpen];
};
