import type { Send } from '../../controller/controller.ts';
import type { SqlRow } from '../../protocol/database.ts';
import type { Calm } from './calm.ts';
import type { ControllerTime } from './controller-time.ts';
import type { Disk } from './disk.ts';
import type { Rule } from '../../protocol/rule.ts';
import { AGENT_OFF, HIGH_LOSS, LOSS_RULES } from './furnish.ts';
import { iso, type Journal } from './journal.ts';
import { INTERVAL_MS, type Outage, type Reality } from './reality.ts';
import type { Timeline } from './timeline.ts';

const MINUTE = 60_000;
/** A round that came later than this after its end may fire nothing (DESIGN.md, Promise 3), and one interval is the round itself. */
const LATE_MS = 2 * INTERVAL_MS + 30_000 + 20_000;
/** The built-in rule over what agents say of their clocks. */
const CLOCK = 'clock-skew';
/** What flaps keeps its incident for half of the damping's time; then it must end, where somebody sees that all is well. */
const KEPT_MS = Math.max(...LOSS_RULES.map(({ keepMs, damping }) => Math.max(keepMs, damping.withinMs / 2))) + LATE_MS + 2 * MINUTE;
/** A cause that lasts this long, seen by somebody all the while, must have its incident. */
const sureMs = (rule: Rule): number => rule.forMs + 4 * INTERVAL_MS;

export interface AlertWorld {
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly calm: Calm;
  readonly reality: Reality;
  readonly webhook: { fails: boolean };
}

/** Compares incidents and notifications with what was really the matter: promises 3 and 9. */
export class AlertWitness {
  readonly #world: AlertWorld;
  readonly #bodies = new Map<string, string>();
  readonly #delivered = new Set<string>();
  #lastIncident = 0;

  constructor(world: AlertWorld) {
    this.#world = world;
  }

  /** The webhook: at least once, each time with the same key for the same words. Some answers are lost on their way back. */
  readonly send: Send = async ({ key, ...parcel }) => {
    const { journal, webhook } = this.#world;
    const body = parcel.by === 'http' ? parcel.body : '';
    if (key === '') journal.fail(9, 'a notification without an idempotency key');
    const before = this.#bodies.get(key);
    if (before !== undefined && before !== body) journal.fail(9, `the key ${key} came with two bodies: ${before} and ${body}`);
    journal.count(before === undefined ? 'notifications' : 'notifications repeated');
    this.#bodies.set(key, body);
    if (webhook.fails) throw new Error('connect ECONNREFUSED');
    this.#delivered.add(key);
    return { status: 204 };
  };

  /** New incidents since the last look: each must be of something that is really the matter, and not long past. */
  look(control: Disk, time: ControllerTime): void {
    const rows = control.peek('SELECT * FROM incidents WHERE id > ? ORDER BY id', this.#lastIncident);
    for (const row of rows ?? []) {
      this.#lastIncident = Number(row['id']);
      this.#world.journal.count('incidents');
      this.#world.journal.event(`incident ${row['id']} opened: ${row['rule_id']} ${row['cause']} at ${iso(Number(row['opened_at']))}`);
      this.#judge(row, control, time);
    }
  }

  /** Every long outage that somebody watched has had one incident, and it is over; every incident was told. */
  finish(control: Disk, time: ControllerTime): void {
    this.look(control, time);
    const incidents = control.peek('SELECT * FROM incidents') ?? [];
    for (const [target, outages] of this.#world.reality.outages)
      for (const [index, outage] of merged(outages).entries())
        this.#expect(target, outage, merged(outages)[index - 1] ?? null, incidents, time);
    const { journal } = this.#world;
    for (const row of control.peek("SELECT * FROM outbox WHERE state <> 'delivered'") ?? [])
      journal.fail(9, `notification ${row['idempotency_key']} was never delivered: ${row['state']} ${row['last_error']}`);
    for (const row of control.peek('SELECT idempotency_key FROM outbox') ?? [])
      if (!this.#delivered.has(String(row['idempotency_key'])))
        journal.fail(9, `notification ${row['idempotency_key']} counts as delivered and never came`);
    for (const row of control.peek("SELECT * FROM incidents WHERE state = 'firing'") ?? []) {
      if (row['rule_id'] === CLOCK) continue; // a clock that jumped by an hour stays wrong
      const target = String(row['cause']).replace(/^target:/, '');
      if (this.#world.reality.isUp(target, this.#world.timeline.now() - 10 * MINUTE))
        journal.fail(9, `incident ${row['id']} ${row['cause']} is still open, its cause is gone`);
    }
  }

  #judge(row: SqlRow, control: Disk, time: ControllerTime): void {
    const { journal, timeline } = this.#world;
    const name = `incident ${row['id']} (${row['rule_id']}, ${row['cause']}, opened ${iso(Number(row['opened_at']))})`;
    const [kind, id] = split(String(row['cause']));
    const openedAt = this.#trueTime(Number(row['opened_at']), time);
    const rule = LOSS_RULES.find((known) => known.id === row['rule_id']);
    if (rule !== undefined && timeline.now() - openedAt > LATE_MS + rule.forMs + 2 * MINUTE)
      journal.fail(3, `${name}: opened now about the past`);
    if (rule !== undefined && kind === 'target') this.#judgeTarget(name, id, openedAt);
    if (rule !== undefined && kind === 'agent') this.#judgeUplink(name, id, openedAt);
    if (row['rule_id'] === AGENT_OFF.id && kind === 'agent') this.#judgeOff(name, id);
    const open = control.peek("SELECT count(*) AS n FROM incidents WHERE cause = ? AND state = 'firing'", String(row['cause']));
    if (Number(open?.[0]?.['n'] ?? 0) > 1) journal.fail(9, `${name}: a second one is open`);
  }

  /** Was the target down when the rule saw it so, and is it down still, or was until a moment ago? */
  #judgeTarget(name: string, target: string, openedAt: number): void {
    const { journal, reality, timeline } = this.#world;
    const outages = reality.outages.get(target) ?? [];
    const cause = outages.find((outage) => outage.from <= openedAt + INTERVAL_MS && openedAt <= outage.to + INTERVAL_MS);
    if (cause === undefined) return journal.fail(9, `${name}: nothing was the matter with ${target}`);
    if (cause.from === Number.NEGATIVE_INFINITY) return journal.fail(9, `${name}: ${target} has never answered`);
    if (timeline.now() > cause.to + LATE_MS + 2 * MINUTE)
      journal.fail(3, `${name}: pages ${Math.round((timeline.now() - cause.to) / 1_000)} s after the target came back`);
  }

  /** All that an agent measures at once: only where at least two of its targets are really down. */
  #judgeUplink(name: string, agent: string, openedAt: number): void {
    const { journal, reality } = this.#world;
    const down = reality
      .targetsOf(agent)
      .filter((target) => !reality.isUp(target, openedAt) || !reality.isUp(target, openedAt - INTERVAL_MS));
    if (down.length < 2) journal.fail(9, `${name}: only ${down.join(', ') || 'nothing'} was down`);
    journal.count('incidents of an agent that saw all its targets down');
  }

  #judgeOff(name: string, agent: string): void {
    const since = this.#world.calm.since(agent);
    if (since !== null && this.#world.timeline.now() - since > 5 * MINUTE)
      this.#world.journal.fail(9, `${name}: the agent was there all the time`);
  }

  /** Whatever rules see it: one outage, one incident. What flaps may still have the one before, for as long as damping says. */
  #expect(target: string, outage: Outage, before: Outage | null, incidents: readonly SqlRow[], time: ControllerTime): void {
    const { journal } = this.#world;
    if (!Number.isFinite(outage.from)) return;
    const ofTarget = incidents.filter((row) => row['cause'] === `target:${target}`);
    const opened = (row: SqlRow): number => this.#trueTime(Number(row['opened_at']), time);
    const mine = ofTarget.filter((row) => opened(row) >= outage.from - MINUTE && opened(row) <= outage.to + INTERVAL_MS);
    if (mine.length > 1)
      journal.fail(9, `${target} was down once, from ${iso(outage.from)} to ${iso(outage.to)}, and has ${mine.length} incidents`);
    const isOpenStill = ofTarget.some(
      (row) => opened(row) < outage.from && (row['resolved_at'] === null || this.#trueTime(Number(row['resolved_at']), time) > outage.from),
    );
    if (isOpenStill && before !== null && this.#mustHaveEnded(target, before, outage))
      journal.fail(9, `${target} came back ${iso(before.to)}, and its incident was open still when it went down again ${iso(outage.from)}`);
    journal.count(
      mine.length === 1 ? 'outages with their incident' : isOpenStill ? 'outages in the incident before' : 'outages without an incident',
    );
    if (mine.length === 0 && !isOpenStill && LOSS_RULES.some((rule) => this.#mustBeSeen(rule, target, outage)))
      journal.fail(9, `${target} was down from ${iso(outage.from)} to ${iso(outage.to)}, and nobody was told`);
  }

  /** Somebody who measures it was well from before the outage until it had to fire. */
  #mustBeSeen(rule: Rule, target: string, outage: Outage): boolean {
    const { calm, reality } = this.#world;
    if (outage.to - outage.from < sureMs(rule)) return false;
    return reality.agents.some(
      ({ id }) => reality.targetsOf(id).includes(target) && calm.wasCalm(id, outage.from - 5 * MINUTE, outage.from + sureMs(rule)),
    );
  }

  /** Somebody who measures it saw all the while that it was well again. */
  #mustHaveEnded(target: string, before: Outage, next: Outage): boolean {
    const { calm, reality } = this.#world;
    const until = before.to + KEPT_MS;
    return (
      until < next.from && reality.agents.some(({ id }) => reality.targetsOf(id).includes(target) && calm.wasCalm(id, before.to, until))
    );
  }

  /** Controller's time back to true time: the offset moves slowly, so that of about then will do. */
  #trueTime(at: number, time: ControllerTime): number {
    return at - (time.of(at).at - at);
  }
}

const split = (cause: string): [string, string] => {
  const colon = cause.indexOf(':');
  return [cause.slice(0, colon), cause.slice(colon + 1)];
};

/** Outages that overlap or nearly touch are one: no rule can tell them apart. */
const merged = (outages: readonly Outage[]): Outage[] => {
  const all: Outage[] = [];
  for (const outage of outages.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last !== undefined && outage.from < last.to + HIGH_LOSS.keepMs + 3 * INTERVAL_MS) last.to = Math.max(last.to, outage.to);
    else all.push({ ...outage });
  }
  return all;
};
