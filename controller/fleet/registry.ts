// Who may speak, and with which labels, in memory: every message asks.
import type { Labels } from '../../protocol/labels.ts';
import type { Log } from '../../protocol/log.ts';
import type { State } from '../state/database.ts';
import { readAgents, readTargets } from './model.ts';

export interface Registry {
  readonly reload: () => Promise<void>;
  readonly isKnown: (agent: string) => boolean;
  readonly agents: () => readonly string[];
  /** The labels of the agent, and of the target where the agent has none of that name, that the settings make tags. */
  readonly tagsOf: (agent: string, target: string) => Labels;
  /** Logs what was refused, once a minute for each sender and kind. */
  readonly refused: (agent: string, kind: string, reason: string, at: number, log: Log) => void;
}

const TELL_EVERY_MS = 60_000;
const MOST_TOLD = 10_000;

export const openRegistry = async (state: State, tagLabels: readonly string[]): Promise<Registry> => {
  let agents = new Map<string, Labels>();
  let targets = new Map<string, Labels>();
  const told = new Map<string, { at: number; silent: number }>();
  const chosen = (labels: Labels | undefined): Labels =>
    labels === undefined ? {} : Object.fromEntries(Object.entries(labels).filter(([key]) => tagLabels.includes(key)));
  const reload = async (): Promise<void> => {
    agents = new Map((await readAgents(state)).map(({ id, labels }) => [id, chosen(labels)]));
    targets =
      tagLabels.length === 0 ? new Map() : new Map((await readTargets(state)).map(({ target }) => [target.id, chosen(target.labels)]));
  };
  await reload();
  return {
    reload,
    isKnown: (agent) => agents.has(agent),
    agents: () => [...agents.keys()],
    tagsOf: (agent, target) => ({ ...targets.get(target), ...agents.get(agent) }),
    refused(agent, kind, reason, at, log) {
      const key = `${agent} ${kind}`;
      const last = told.get(key);
      if (last !== undefined && at - last.at < TELL_EVERY_MS) {
        last.silent += 1;
        return;
      }
      if (told.size >= MOST_TOLD) told.clear();
      told.set(key, { at, silent: 0 });
      log.warn('message-refused', `${kind} of ${agent === '' ? 'nobody' : agent} refused: ${reason}`, {
        agent,
        kind,
        more: last?.silent ?? 0,
      });
    },
  };
};
