// The fleet as the pages see it: rows of the control database and what the controller knows right now, joined once for many answers.
import { isSelected, Labels } from '../../protocol/labels.ts';
import { ConfigReport } from '../../protocol/config-report.ts';
import { taskCost, taskId } from '../../protocol/task.ts';
import type { Target } from '../../protocol/target.ts';
import type { Controller, LatestColumn } from '../ports.ts';
import type { AgentPresence } from '../fleet/board.ts';
import type { StoredTarget } from '../fleet/fleet.ts';
import type { State } from '../state/database.ts';
import type { AgentsTable } from '../state/tables.ts';
import { parseMembers } from './incident-view.ts';

/** Read again at most this often, unless something says that it changed. */
const FRESH_MS = 1_000;

export interface AgentModel {
  readonly id: string;
  readonly row: AgentsTable;
  readonly labels: Labels;
  readonly report: ConfigReport | null;
  /** null before the agent was ever heard of, and for a revoked one. */
  readonly presence: AgentPresence | null;
  readonly latestRevision: number | null;
  readonly tasks: number;
  readonly packetsPerSecond: number;
}

/** One task of one agent. */
export interface PairModel {
  readonly agent: AgentModel;
  readonly stored: StoredTarget;
  readonly template: Target['tasks'][number];
  readonly task: string;
  readonly latest: LatestColumn | null;
  readonly answered: boolean;
  readonly firing: boolean;
}

export interface FleetModel {
  readonly agents: readonly AgentModel[];
  readonly targets: readonly (StoredTarget & { readonly answered: boolean; readonly agentIds: readonly string[] })[];
  /** Every pair that is to be measured, by `<agent> <task>`. */
  readonly pairs: ReadonlyMap<string, PairModel>;
}

export interface FleetView {
  /** At most a second old, and never older than the last change that went through the API. */
  model(): Promise<FleetModel>;
  /** Something changed: read anew next time. */
  forget(): void;
}

export const pairKey = (agent: string, task: string): string => `${agent} ${task}`;

interface Rows {
  readonly agents: readonly Omit<AgentModel, 'presence'>[];
  readonly targets: FleetModel['targets'];
  readonly firing: ReadonlySet<string>;
}

export const openFleetView = (state: State, controller: Controller): FleetView => {
  let read: { readonly at: number; readonly rows: Promise<Rows> } | null = null;
  const rows = (): Promise<Rows> => {
    const now = controller.clock.monotonic();
    if (read === null || now - read.at >= FRESH_MS) {
      const reading = readRows(state, controller);
      reading.catch(() => {
        read = null; // an error is not kept: the next one asks again
      });
      read = { at: now, rows: reading };
    }
    return read.rows;
  };
  return {
    model: async () => join(await rows(), controller),
    forget: () => {
      read = null;
    },
  };
};

const readRows = async (state: State, controller: Controller): Promise<Rows> => {
  const targets = await controller.fleet.targets();
  const agentRows = await state.selectFrom('agents').selectAll().orderBy('id').execute();
  const pushed = await state.selectFrom('pushes').select(['agent_id', 'revision']).execute();
  const answers = await state.selectFrom('answers').select('target_id').execute();
  const incidents = await state.selectFrom('incidents').select('members').where('state', '=', 'firing').execute();
  const revisionOf = new Map(pushed.map(({ agent_id, revision }) => [agent_id, revision]));
  const answered = new Set(answers.map(({ target_id }) => target_id));
  const agents = agentRows.map((row) => agentOf(row, targets, revisionOf.get(row.id) ?? null));
  return {
    agents,
    targets: targets.map((stored) => ({
      ...stored,
      answered: answered.has(stored.target.id),
      agentIds: agents
        .filter(({ id, labels, row }) => row.state === 'active' && isSelected(stored.target.agents, id, labels))
        .map(({ id }) => id),
    })),
    firing: new Set(
      incidents
        .flatMap(({ members }) => parseMembers(members))
        .flatMap(({ agent, target }) => (target === null ? [] : [pairKey(agent, target)])),
    ),
  };
};

const agentOf = (row: AgentsTable, targets: readonly StoredTarget[], latestRevision: number | null): Omit<AgentModel, 'presence'> => {
  const labels = Labels.parse(JSON.parse(row.labels));
  const templates =
    row.state === 'active'
      ? targets.filter(({ target }) => isSelected(target.agents, row.id, labels)).flatMap(({ target }) => target.tasks)
      : [];
  return {
    id: row.id,
    row,
    labels,
    report: row.config_report === null ? null : ConfigReport.parse(JSON.parse(row.config_report)),
    latestRevision,
    tasks: templates.length,
    packetsPerSecond: templates.reduce((sum, template) => sum + taskCost(template).packetsPerSecond, 0),
  };
};

/** What moves every second is not kept, but asked for each time. */
const join = ({ agents: rows, targets, firing }: Rows, controller: Controller): FleetModel => {
  const presenceOf = new Map(controller.agents().map((presence) => [presence.id, presence]));
  const latestOf = new Map(controller.latest().map((latest) => [pairKey(latest.agent, latest.task), latest]));
  const agents = rows.map((agent) => ({ ...agent, presence: agent.row.state === 'active' ? (presenceOf.get(agent.id) ?? null) : null }));
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const pairs = new Map<string, PairModel>();
  for (const stored of targets)
    for (const agentId of stored.agentIds)
      for (const template of stored.target.tasks) {
        const agent = byId.get(agentId);
        const task = taskId(stored.target.id, template.options.kind);
        const key = pairKey(agentId, task);
        if (agent === undefined) continue;
        const isFiring = firing.has(pairKey(agentId, stored.target.id));
        pairs.set(key, { agent, stored, template, task, latest: latestOf.get(key) ?? null, answered: stored.answered, firing: isFiring });
      }
  return { agents, targets, pairs };
};
