// Who is told next of an open incident, if nothing happens: for its page. Reads only.
import { Rule } from '../../../protocol/rule.ts';
import type { State } from '../../state/database.ts';
import { type Mute, mutedBy, readMutes } from './mutes.ts';
import { planFor } from './plan.ts';
import { type IncidentRow, readSubjects, type SubjectOf } from './subjects.ts';
import { readRoutes } from './tell.ts';

export interface NextTelling {
  readonly notifier: string;
  readonly at: number;
  /** It was told before. */
  readonly repeated: boolean;
}

/** What mutes an incident now, and who is told next. */
export const readAhead = async (
  state: State,
  row: IncidentRow,
  now: number,
): Promise<{ readonly muted: readonly Mute[]; readonly next: readonly NextTelling[] }> => {
  const [subject] = await readSubjects(state, [row]);
  if (subject === undefined || row.state !== 'firing') return { muted: [], next: [] };
  const muted = mutedBy(subject, await readMutes(state, now), now);
  return { muted, next: row.acknowledged_at === null && muted.length === 0 ? await nextOf(state, subject, now) : [] };
};

const nextOf = async (state: State, subject: SubjectOf, now: number): Promise<readonly NextTelling[]> => {
  const ids = [...new Set([subject.row.rule_id, ...subject.facets.map(({ rule }) => rule)])];
  const rules = await state.selectFrom('rules').select('document').where('id', 'in', ids).execute();
  const notifiers = (await state.selectFrom('notifiers').select('id').execute()).map(({ id }) => id);
  const told = await state.selectFrom('outbox').select(['notifier_id', 'created_at']).where('incident_id', '=', subject.row.id).execute();
  const first = told.length === 0 ? now : Math.min(...told.map(({ created_at }) => created_at));
  const plan = planFor(
    subject,
    rules.map(({ document }) => Rule.parse(JSON.parse(document))),
    { routes: await readRoutes(state), notifiers },
  );
  return plan
    .flatMap(({ notifier, afterMs, repeatMs }): NextTelling[] => {
      const own = told.filter((one) => one.notifier_id === notifier);
      if (own.length === 0) return [{ notifier, at: first + afterMs, repeated: false }];
      const last = Math.max(...own.map(({ created_at }) => created_at));
      return repeatMs === 0 ? [] : [{ notifier, at: last + repeatMs, repeated: true }];
    })
    .toSorted((a, b) => a.at - b.at);
};
