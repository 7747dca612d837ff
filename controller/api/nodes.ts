// Network nodes, the word of an older platform for what we call a target (and, with SNMP, a device): one document for both.
import * as z from 'zod';
import { TargetId } from '../../protocol/ids.ts';
import { everyAgent, LabelValue, type Selector } from '../../protocol/labels.ts';
import { Address, Target } from '../../protocol/target.ts';

/** What lies in labels. */
const LABELS = ['type', 'location', 'model', 'manufacturer', 'mac_address'] as const;
/** Stands beside what the selector says otherwise, so that this comes back: no agent has this label, and nobody measures. */
const OFF = { is_active: ['false'] };

export const NetworkNode = z.strictObject({
  id: TargetId,
  name: z.string().min(1).max(120),
  ip_address: Address,
  type: LabelValue.optional(),
  location: LabelValue.optional(),
  model: LabelValue.optional(),
  manufacturer: LabelValue.optional(),
  mac_address: LabelValue.optional(),
  /** false: kept, neither measured nor polled. */
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
  return Target.parse({
    id: node.id,
    name: node.name,
    address: node.ip_address,
    family: before?.family ?? 'any',
    labels: { ...Object.fromEntries(others), ...own },
    agents: agentsOf(before?.agents ?? everyAgent, node.is_active),
    tasks: before?.tasks ?? [{ options: { kind: 'icmp' } }],
  });
};

export const nodeOf = (target: Target, snmpVersion: string | null): NetworkNodeView => ({
  id: target.id,
  name: target.name,
  ip_address: target.address,
  ...Object.fromEntries(LABELS.flatMap((key) => (target.labels[key] === undefined ? [] : [[key, target.labels[key]]]))),
  is_active: !isOff(target.agents),
  ...(snmpVersion === '1' || snmpVersion === '2c' ? { snmp_version: snmpVersion } : {}),
});

/** What an earlier version put in the place of the selector of what was switched off. */
const isNobody = (selector: Selector): boolean => selector.in['agent']?.join() === 'nobody';
const isOff = (selector: Selector): boolean => selector.in['is_active']?.join() === OFF.is_active.join() || isNobody(selector);

const agentsOf = (before: Selector, isActive: boolean): Selector => {
  if (isNobody(before)) return isActive ? everyAgent : before;
  const { is_active: _, ...own } = before.in;
  return { ...before, in: isActive ? own : { ...own, ...OFF } };
};
