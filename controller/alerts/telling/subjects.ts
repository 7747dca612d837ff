// Incidents as routes and mutes see them: read in few questions, whatever their number.
import type { Selectable } from 'kysely';
import { Labels } from '../../../protocol/labels.ts';
import { Target } from '../../../protocol/target.ts';
import type { IncidentsTable } from '../../state/tables.ts';
import { Member } from '../notification.ts';
import type { Facet, Subject } from './match.ts';
import type { Reader } from './mutes.ts';

export type IncidentRow = Selectable<IncidentsTable>;
export interface SubjectOf extends Subject {
  readonly row: IncidentRow;
  readonly members: readonly Member[];
}

const AT_ONCE = 500;

export const readIncidentRows = async (state: Reader, ids: readonly number[]): Promise<IncidentRow[]> => {
  const rows: IncidentRow[] = [];
  for (const some of chunks(ids))
    rows.push(...(await state.selectFrom('incidents').selectAll().where('id', 'in', some).orderBy('id').execute()));
  return rows;
};

/** With the labels of all agents and targets that they name. */
export const readSubjects = async (state: Reader, rows: readonly IncidentRow[]): Promise<SubjectOf[]> => {
  const parsed = rows.map((row) => ({ row, members: Member.array().parse(JSON.parse(row.members)) }));
  const all = parsed.flatMap(({ members }) => members);
  const named = parsed.map(({ row }) => row.cause.split(/[:/]/));
  const agents = await agentLabels(state, [
    ...all.map(({ agent }) => agent),
    ...named.flatMap(([kind, id = '']) => (kind === 'agent' ? id : [])),
  ]);
  const targets = await targetLabels(state, [
    ...all.flatMap(({ target }) => target ?? []),
    ...named.flatMap(([kind, id = '']) => (kind === 'target' ? id : [])),
  ]);
  return parsed.map(({ row, members }) => {
    const facetOf = (rule: string, agent: string, target: string | null): Facet => ({
      rule,
      agent,
      agentLabels: agents.get(agent) ?? {},
      target,
      targetLabels: target === null ? {} : (targets.get(target) ?? {}),
    });
    const facets = members.map((member) => facetOf(member.rule ?? row.rule_id, member.agent, member.target));
    return { row, members, severity: row.severity, cause: row.cause, facets: facets.length > 0 ? facets : [bare(row, facetOf)] };
  });
};

/** An incident that names no series any more is still about what its cause names. */
const bare = ({ cause, rule_id }: IncidentRow, facetOf: (rule: string, agent: string, target: string | null) => Facet): Facet => {
  const [kind = '', id = ''] = cause.split(/[:/]/);
  return facetOf(rule_id, kind === 'agent' ? id : '', kind === 'target' ? id : null);
};

const agentLabels = async (state: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, Labels>> => {
  const found = new Map<string, Labels>();
  for (const some of chunks([...new Set(ids)]))
    for (const { id, labels } of await state.selectFrom('agents').select(['id', 'labels']).where('id', 'in', some).execute())
      found.set(id, Labels.parse(JSON.parse(labels)));
  return found;
};

const targetLabels = async (state: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, Labels>> => {
  const found = new Map<string, Labels>();
  for (const some of chunks([...new Set(ids)]))
    for (const { id, document } of await state.selectFrom('targets').select(['id', 'document']).where('id', 'in', some).execute())
      found.set(id, Target.shape.labels.parse(JSON.parse(document).labels));
  return found;
};

const chunks = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, index) => all.slice(index * AT_ONCE, (index + 1) * AT_ONCE));
