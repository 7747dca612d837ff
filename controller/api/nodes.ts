// Network nodes, the word of an older platform for what we call a target (and, with SNMP, a device): one document for both.
import * as z from 'zod';
import { TargetId } from '../../protocol/ids.ts';
import { everyAgent, LabelValue, type Selector } from '../../protocol/labels.ts';
import { Address, Target } from '../../protocol/target.ts';

/** What lies in labels. */
const LABELS = ['type', 'location', 'model', 'manufacturer', 'mac_address'] as const;
/** No agent has this id: nobody measures. */
const NOBODY: Selector = { in: { agent: ['nobody'] }, notIn: {} };

export const NetworkNode = z.strictObject({
  id: TargetId,
  name: z.string().min(1).max(120),
  ip_address: Address,
  type: LabelValue.optional(),
  location: LabelValue.optional(),
  model: LabelValue.optional(),
  manufacturer: LabelValue.optional(),
  mac_address: LabelValue.optional(),
  /** false: kept, not measured. */
  is_active: z.boolean().default(true),
  /** Never given out again. Polled from then on by the agent on the controller's host, or the first one. */
  snmp_community: z.string().min(1).max(255).optional(),
  snmp_version: z.enum(['1', '2c']).optional(),
});
export type NetworkNode = z.infer<typeof NetworkNode>;
export const NetworkNodeView = NetworkNode.omit({ snmp_community: true });
export type NetworkNodeView = z.infer<typeof NetworkNodeView>;

/** `before` keeps its tasks, its agents and the labels that a node does not know. */
export const targetOf = (node: NetworkNode, before: Target | null): Target => {
  const own = Object.fromEntries(LABELS.flatMap((key) => (node[key] === undefined ? [] : [[key, node[key]]])));
  const others = Object.entries(before?.labels ?? {}).filter(([key]) => !LABELS.some((label) => label === key));
  const agents = before === null || isNobody(before.agents) ? everyAgent : before.agents;
  return Target.parse({
    id: node.id,
    name: node.name,
    address: node.ip_address,
    family: before?.family ?? 'any',
    labels: { ...Object.fromEntries(others), ...own },
    agents: node.is_active ? agents : NOBODY,
    tasks: before?.tasks ?? [{ options: { kind: 'icmp' } }],
  });
};

export const nodeOf = (target: Target, snmpVersion: string | null): NetworkNodeView => ({
  id: target.id,
  name: target.name,
  ip_address: target.address,
  ...Object.fromEntries(LABELS.flatMap((key) => (target.labels[key] === undefined ? [] : [[key, target.labels[key]]]))),
  is_active: !isNobody(target.agents),
  ...(snmpVersion === '1' || snmpVersion === '2c' ? { snmp_version: snmpVersion } : {}),
});

const isNobody = (selector: Selector): boolean => selector.in['agent']?.join() === 'nobody';
