// Rules played through without a database: what a backtest and a rule test see is made by the very functions that judge live.
import type { PresenceRow } from './agent-off.ts';
import type { Change } from './change.ts';
import { decideCauses } from './decide.ts';
import type { Definitions } from './definitions.ts';
import { type Delivery, everybodyThere, judgeTaken, takeIn } from './evaluator.ts';
import type { Bench } from './judge.ts';
import { emptyMemory, type Memory } from './memory.ts';
import { type OffAgents, judgePresence } from './presence-rule.ts';
import { Watches } from './watch.ts';
import type { Rule, Severity } from '../../protocol/rule.ts';

/** One incident as it would have been. Event times, ms. */
export interface RehearsedIncident {
  readonly rule: string;
  readonly cause: string;
  readonly title: string;
  readonly severity: Severity;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  /** Series that took part. */
  readonly series: readonly string[];
  /** How often somebody would have been told that it began or became worse. */
  readonly pages: number;
}

export interface RehearsalOptions {
  readonly definitions: Definitions;
  readonly usual?: Bench['usual'];
  readonly wasClear?: Bench['wasClear'];
  /** Targets that have answered somebody before. */
  readonly answered: Iterable<string>;
  readonly presence?: ReadonlyMap<string, readonly PresenceRow[]>;
}

const RANK: { readonly [S in Severity]: number } = { info: 0, warning: 1, critical: 2 };

/** Deliveries in the order of their arrival; what became of them is read at any time. */
export class Rehearsal {
  readonly memory: Memory = emptyMemory();
  readonly #bench: Omit<Bench, 'changes'>;
  readonly #open = new Map<string, RehearsedIncident>();
  readonly #over: RehearsedIncident[] = [];

  constructor({ definitions, usual = () => null, wasClear, answered, presence = everybodyThere }: RehearsalOptions) {
    for (const target of answered) this.memory.answered.add(target);
    const { ledger, samples } = this.memory;
    const watches = new Watches(definitions);
    this.#bench = { ledger, samples, answered: this.memory.answered, definitions, watches, presence, usual, wasClear };
  }

  deliver(delivery: Delivery): void {
    const changes: Change[] = [];
    judgeTaken({ ...this.#bench, changes }, this.memory, takeIn(this.memory, delivery));
    for (const change of changes) this.#follow(change);
  }

  /** Time passes: agents that are off, alerts that need wait no longer. */
  tick(now: number, off: OffAgents): void {
    const changes: Change[] = [];
    const bench = { ...this.#bench, changes };
    judgePresence(bench, off, now, 0);
    decideCauses(bench, now, null);
    for (const change of changes) this.#follow(change);
  }

  /** All incidents so far, in the order in which they opened. */
  incidents(): readonly RehearsedIncident[] {
    return [...this.#over, ...this.#open.values()].toSorted((a, b) => a.openedAt - b.openedAt || (a.cause < b.cause ? -1 : 1));
  }

  #follow(change: Change): void {
    const { cause, rule, at } = change;
    const incident = this.#open.get(cause);
    const series = seriesIn(change);
    switch (change.kind) {
      case 'opened': {
        const { title } = change;
        const { severity } = rule;
        this.#open.set(cause, { rule: rule.id, cause, title, severity, openedAt: at, resolvedAt: null, series: [series], pages: 1 });
        return;
      }
      case 'joined':
        if (incident !== undefined) this.#open.set(cause, joined(incident, rule, change.title, series));
        return;
      case 'left':
        return;
      case 'resolved':
        if (incident === undefined) return;
        this.#open.delete(cause);
        this.#over.push({ ...incident, resolvedAt: at });
        return;
      default:
        change satisfies never;
    }
  }
}

const seriesIn = ({ detail }: Change): string => detail.slice(0, detail.lastIndexOf(': '));

const joined = (incident: RehearsedIncident, rule: Rule, title: string, name: string): RehearsedIncident => {
  const series = incident.series.includes(name) ? incident.series : [...incident.series, name];
  if (RANK[rule.severity] <= RANK[incident.severity]) return { ...incident, series };
  return { ...incident, series, rule: rule.id, title, severity: rule.severity, pages: incident.pages + 1 };
};
