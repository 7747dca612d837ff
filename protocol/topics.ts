import { AgentId } from './ids.ts';

const ROOT = 'sonde/v1';

/** Every topic below sonde/v1/<agent-id>/: who publishes, and whether the broker keeps the last one. The table of access is this table. */
export const TOPICS = {
  status: { from: 'agent', retained: true },
  rounds: { from: 'agent', retained: false },
  'rounds/ack': { from: 'controller', retained: false },
  config: { from: 'controller', retained: true },
  'config/latest': { from: 'controller', retained: true },
  'config/report': { from: 'agent', retained: false },
  command: { from: 'controller', retained: false },
  'command/reply': { from: 'agent', retained: false },
  event: { from: 'agent', retained: false },
  'clock/request': { from: 'agent', retained: false },
  'clock/reply': { from: 'controller', retained: false },
} as const;
export type TopicName = keyof typeof TOPICS;

export const topic = (agentId: string, name: TopicName): string => `${ROOT}/${agentId}/${name}`;

/** The controller's subscription to one kind of message of all agents. */
export const everyAgentsTopic = (name: TopicName): string => `${ROOT}/+/${name}`;

export const topicsToAgent = (agentId: string): string[] =>
  names()
    .filter((name) => TOPICS[name].from === 'controller')
    .map((name) => topic(agentId, name));

/** null when the topic is not one of ours. */
export const parseTopic = (text: string): { agentId: string; name: TopicName } | null => {
  if (!text.startsWith(`${ROOT}/`)) return null;
  const rest = text.slice(ROOT.length + 1);
  const slash = rest.indexOf('/');
  const agentId = rest.slice(0, slash);
  const name = rest.slice(slash + 1);
  if (slash < 0 || !isTopicName(name) || !AgentId.safeParse(agentId).success) return null;
  return { agentId, name };
};

/** One agent publishes to its own agent topics only; retained only where the table says so. */
export const mayPublish = (agentId: string, text: string, retain: boolean): boolean => {
  const parsed = parseTopic(text);
  return parsed !== null && parsed.agentId === agentId && TOPICS[parsed.name].from === 'agent' && (!retain || TOPICS[parsed.name].retained);
};

/** One agent subscribes to its own controller topics only, each by its whole name: no wildcards. */
export const maySubscribe = (agentId: string, filter: string): boolean => {
  const parsed = parseTopic(filter);
  return parsed !== null && parsed.agentId === agentId && TOPICS[parsed.name].from === 'controller';
};

const names = (): TopicName[] => Object.keys(TOPICS).filter(isTopicName);
const isTopicName = (name: string): name is TopicName => Object.hasOwn(TOPICS, name);
