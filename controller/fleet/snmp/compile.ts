import type { Device } from '../../../protocol/device.ts';
import type { SnmpOptions } from '../../../protocol/probes/snmp.ts';
import { type Task, taskId } from '../../../protocol/task.ts';
import { TEMPLATES } from './templates.ts';
import { templatesFor } from './vendors.ts';

/** A device as it is compiled: its secrets sealed already, and what it has said it is ('' before the first poll). */
export interface SealedDevice {
  readonly device: Device;
  readonly sealed: string;
  readonly objectId: string;
}

/** A poll may take this part of its interval. */
const BUDGET_SHARE = 0.9;

/** What one agent polls. Pure: the same fleet gives the same bytes. */
export const deviceTasksOf = (agent: string, devices: readonly SealedDevice[]): Task[] =>
  devices.filter(({ device }) => device.enabled && device.agent === agent).map(deviceTask);

const deviceTask = (sealed: SealedDevice): Task => {
  const { device } = sealed;
  return {
    id: taskId(device.id, 'snmp'),
    target: { id: device.id, address: device.address, family: device.family },
    intervalMs: device.intervalMs,
    options: optionsOf(sealed),
  };
};

export const usedTemplates = ({
  device,
  objectId,
}: Pick<SealedDevice, 'device' | 'objectId'>): readonly Device['scalars'][number]['name'][] => device.templates ?? templatesFor(objectId);

const optionsOf = ({ device, sealed, objectId }: SealedDevice): SnmpOptions => {
  const templates = (device.templates ?? templatesFor(objectId)).map((name) => TEMPLATES[name]);
  return {
    kind: 'snmp',
    port: device.port,
    access: device.access,
    sealed,
    timeoutMs: device.timeoutMs,
    retries: device.retries,
    budgetMs: Math.max(1_000, Math.floor(device.intervalMs * BUDGET_SHARE)),
    answerBytes: 1_400,
    ports: device.ports,
    scalars: firstOfName([...device.scalars, ...templates.flatMap(({ scalars }) => scalars)]),
    tables: firstOfName([...device.tables, ...templates.flatMap(({ tables }) => tables)]),
  };
};

/** A device's own scalar or table beats a template's of the same name. */
const firstOfName = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
  all.filter(({ name }, i) => all.findIndex((other) => other.name === name) === i);
