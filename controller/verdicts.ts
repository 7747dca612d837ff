// Verdicts of live incidents: when one opens, and again while it lasts, a case is built from what is stored and judged by the code that judges files.
import type { Log } from '../protocol/log.ts';
import { type Clock, slept } from '../protocol/time.ts';
import type { Verdict } from '../protocol/verdict.ts';
import type { Changes } from './fleet/changes.ts';
import type { LatestColumn } from './ports.ts';
import type { SeriesStore } from './series/store.ts';
import type { State } from './state/database.ts';
import { parseMembers } from './api/incident-view.ts';
import { caseOf } from './verdict/from-series.ts';
import { type Considered, consider } from './verdict/judge.ts';
import { gatherMaterial } from './verdict-material.ts';

export interface VerdictsOptions {
  readonly state: State;
  readonly store: SeriesStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly changes: Changes;
  /** The newest round of every pair: what is measured at all. */
  readonly latest: () => readonly LatestColumn[];
  /** How often it is looked whether a verdict is due. */
  readonly everyMs: number;
}

/** An incident that has lasted longer is not judged again. */
const LASTING_MS = 2 * 3_600_000;
/** A storm of incidents is judged by turns. */
const AT_ONCE = 5;

/** Runs until the signal aborts; never rejects. */
export const runVerdicts = async (options: VerdictsOptions, signal: AbortSignal): Promise<void> => {
  const { clock, log, everyMs } = options;
  let failing = false;
  while (await slept(clock, everyMs, signal)) {
    try {
      for (const incident of await due(options)) {
        if (signal.aborted) return;
        await judgeIncident(options, incident);
      }
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) log.warn('verdict-failed', String(error));
      failing = true;
    }
  }
};

type Member = ReturnType<typeof parseMembers>[number];

interface Due {
  readonly id: number;
  readonly openedAt: number;
  readonly members: readonly Member[];
}

/** Those without a verdict first; then those whose verdict is as old as half of what the incident has lasted. */
const due = async ({ state, clock }: VerdictsOptions): Promise<Due[]> => {
  const now = clock.now();
  const rows = await state
    .selectFrom('incidents')
    .leftJoin('verdicts', 'verdicts.incident_id', 'incidents.id')
    .select(['incidents.id', 'incidents.opened_at', 'incidents.members', 'verdicts.at'])
    .where('incidents.state', '=', 'firing')
    .where('incidents.opened_at', '>', now - LASTING_MS)
    .orderBy('verdicts.at')
    .execute();
  return rows
    .filter(({ opened_at, at }) => at === null || now - at >= Math.max(2 * 60_000, (now - opened_at) / 2))
    .slice(0, AT_ONCE)
    .map(({ id, opened_at, members }) => ({ id, openedAt: opened_at, members: parseMembers(members) }));
};

const judgeIncident = async (options: VerdictsOptions, incident: Due): Promise<void> => {
  const { state, clock, changes } = options;
  const now = Math.floor(clock.now());
  const material = await gatherMaterial(options, { ...incident, now });
  const given = caseOf(material);
  const fits = new Set(incident.members.map(({ agent, target }) => `${agent} ${target ?? ''}`));
  const isOurs = (pair: number): boolean => {
    const agent = given.agents.id[given.pairs.agent[pair] ?? -1] ?? '';
    return fits.has(`${agent} ${given.targets.id[given.pairs.target[pair] ?? -1] ?? ''}`) || fits.has(`${agent} `);
  };
  const found = consider(given)
    .map((one) => ({ one, shared: one.pairs.filter(isOurs).length / Math.max(1, one.pairs.length) + one.pairs.filter(isOurs).length }))
    .filter(({ shared }) => shared > 0)
    .toSorted((a, b) => b.shared - a.shared)[0]?.one;
  const verdict = verdictOf(found, { now, from: material.from, to: material.from + material.rounds * material.stepMs }, whyNothing(given));
  const row = { at: now, document: JSON.stringify(verdict) };
  await state
    .insertInto('verdicts')
    .values({ incident_id: incident.id, ...row })
    .onConflict((conflict) => conflict.column('incident_id').doUpdateSet(row))
    .execute();
  changes.emit({ kind: 'incidents' });
};

type Case = ReturnType<typeof caseOf>;

/** Why no cause was found: nobody else to compare with, or nothing to compare with, or simply nothing. */
const whyNothing = ({ pairs }: Case): Verdict['outcome'] => {
  if (new Set(pairs.agent).size < 2 && new Set(pairs.target).size < 3) return 'too-few-vantage-points';
  return pairs.base_loss.every((loss) => loss === null) ? 'too-little-history' : 'nothing-found';
};

/** What is kept of a cause, or of none. Pure. */
export const verdictOf = (
  found: Considered | undefined,
  { now, from, to }: { readonly now: number; readonly from: number; readonly to: number },
  otherwise: Verdict['outcome'],
): Verdict => {
  if (found === undefined) return { at: now, from, to, outcome: otherwise, since: null, suspects: [], evidence: [], deciding: [] };
  const { answered, since, verdicts } = found.incident;
  const { evidence, deciding } = found.account();
  return {
    at: now,
    from,
    to,
    outcome: answered ? 'one' : verdicts.length > 1 ? 'several-fit' : 'too-few-vantage-points',
    since: Math.round(since * 1000),
    suspects: answered ? verdicts.slice(0, 1) : [...verdicts],
    evidence: [...evidence],
    deciding: answered ? [] : deciding.map((one) => ({ ...one, parts: [[...one.parts[0]], [...one.parts[1]]] })),
  };
};
