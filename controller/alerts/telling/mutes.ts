// Silences and maintenance windows as they are kept, and whether they mute an incident at some moment.
import type { Transaction } from 'kysely';
import { Maintenance, Match } from '../../../protocol/mute.ts';
import type { State } from '../../state/database.ts';
import { compiledOnce } from '../../state/compiled.ts';
import type { Tables } from '../../state/tables.ts';
import { coversAll, matchesSome, type Subject } from './match.ts';
import { windowAt } from './windows.ts';

export type Reader = State | Transaction<Tables>;

/** One thing that may mute. */
export interface Mute {
  readonly kind: 'silence' | 'maintenance';
  readonly id: string;
  /** Whose words a person reads. */
  readonly why: string;
  readonly match: Match;
  /** Until when it is on at this moment; null: it is not. */
  readonly until: (at: number) => number | null;
}

const readSilences = compiledOnce((db) => db.selectFrom('silences').selectAll().where('ends_at', '>', 0).orderBy('id'));
const readMaintenance = compiledOnce((db) => db.selectFrom('maintenance').select('document').orderBy('id'));

/** Those that can matter at or after this moment. */
export const readMutes = async (state: Reader, from: number): Promise<readonly Mute[]> => {
  const silences = await readSilences(state, from);
  const windows = await readMaintenance(state);
  return [
    ...silences.map(
      (row): Mute => ({
        kind: 'silence',
        id: String(row.id),
        why: row.comment,
        match: Match.parse(JSON.parse(row.match)),
        until: (at) => (row.starts_at <= at && at < row.ends_at ? row.ends_at : null),
      }),
    ),
    ...windows
      .map(({ document }) => Maintenance.parse(JSON.parse(document)))
      .filter(({ enabled }) => enabled)
      .map(
        ({ id, name, match, schedule }): Mute => ({
          kind: 'maintenance',
          id,
          why: name,
          match,
          until: (at) => windowAt(schedule, at)?.to ?? null,
        }),
      ),
  ];
};

/** The mutes that together cover all of an incident at this moment; empty: it is not muted. */
export const mutedBy = (subject: Subject, mutes: readonly Mute[], at: number): readonly Mute[] => {
  const active = mutes.filter((mute) => matchesSome(mute.match, subject) && mute.until(at) !== null);
  return coversAll(
    active.map(({ match }) => match),
    subject,
  )
    ? active
    : [];
};
