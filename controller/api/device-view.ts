// Devices and ports as the pages see them: the document, and the newest poll.
import type { DeviceView, PortView } from '../../protocol/api-devices.ts';
import type { StoredDevice } from '../fleet/snmp/devices.ts';
import type { DeviceLatest, PortLatest } from '../fleet/snmp/polls.ts';
import { usedTemplates } from '../fleet/snmp/compile.ts';
import { vendorOf } from '../fleet/snmp/vendors.ts';
import type { AgentPresence } from '../ports.ts';

export interface DeviceModel {
  readonly stored: StoredDevice;
  readonly latest: DeviceLatest | undefined;
  readonly presence: AgentPresence | undefined;
}

export const viewDevice = ({ stored, latest, presence }: DeviceModel, now: number): DeviceView => {
  const { device, has, createdAt, updatedAt } = stored;
  const answered = latest?.answered ?? null;
  const ports = [...(latest?.ports.values() ?? [])].filter(({ goneAt }) => goneAt === null).map(({ port }) => port);
  return {
    ...device,
    has,
    ...stateOf({ stored, latest, presence }, now),
    at: latest?.at ?? null,
    answeredAt: answered?.at ?? null,
    system: answered === null ? null : { ...answered.system },
    vendor: vendorOf(answered?.system.objectId ?? ''),
    usedTemplates: [...usedTemplates({ device, objectId: answered?.system.objectId ?? '' })],
    portsTotal: ports.length,
    portsUp: ports.filter(({ oper }) => oper === UP).length,
    // What is switched off is not down.
    portsDown: ports.filter(({ admin, oper }) => admin === UP && oper !== UP).length,
    requests: answered?.requests ?? 0,
    variables: answered?.variables ?? 0,
    durationMs: answered?.durationMs ?? null,
    slowestMs: answered?.slowestMs ?? null,
    problems: [...(answered?.problems ?? [])],
    createdAt,
    updatedAt,
  };
};

const UP = 1;
/** A device that does not answer is asked less often, up to this. */
const BACK_OFF_MS = 300_000;

/** Pure: what is known decides, and the agent's silence is not the device's. */
export const stateOf = ({ stored, latest, presence }: DeviceModel, now: number): Pick<DeviceView, 'state' | 'reason'> => {
  const { device, updatedAt } = stored;
  if (!device.enabled) return { state: 'waiting', reason: 'switched off: nobody polls it' };
  if (presence !== undefined && !presence.online && presence.since !== null)
    return { state: 'off', reason: `its agent ${device.agent} is off: ${presence.reason ?? 'not connected'}` };
  if (latest === undefined) {
    const isLate = now - updatedAt > 3 * device.intervalMs;
    return isLate ? { state: 'no-data', reason: `agent ${device.agent} sent no poll` } : { state: 'waiting', reason: 'first poll to come' };
  }
  const patienceMs = 3 * device.intervalMs + (latest.failure === null ? 0 : BACK_OFF_MS);
  if (now - latest.at > patienceMs) return { state: 'no-data', reason: `no poll for ${Math.round((now - latest.at) / 1_000)} s` };
  if (latest.failure !== null) return { state: 'failed', reason: wordsOf(latest.failure) };
  if (latest.answered?.complete === false) return { state: 'partial', reason: latest.answered.problems[0] ?? 'not all was read' };
  return { state: 'ok' };
};

const WORDS: Readonly<Record<string, string>> = {
  timeout: 'no answer: is the address right, SNMP on, the community right, this agent let in?',
  'auth-failed': 'it refuses the user: name, level, protocols or passwords are not its own',
  ECONNREFUSED: 'nobody listens on its SNMP port',
  'not-snmp': 'what it answers is no SNMP',
  'secret-not-readable': 'the agent cannot open the secrets: save the device again',
};
const wordsOf = ({ reason, detail }: { readonly reason: string; readonly detail: string }): string => {
  const words = WORDS[reason] ?? reason;
  return reason === 'auth-failed' && detail !== '' ? `${words} (${detail})` : words;
};

export const viewPort = (device: string, { port, firstAt, at, goneAt, rates, noRate }: PortLatest): PortView => ({
  device,
  id: port.id,
  index: port.index,
  name: port.name,
  descr: port.descr,
  alias: port.alias,
  type: port.type,
  mtu: port.mtu ?? null,
  physAddress: port.physAddress,
  speedBps: port.speedBps,
  admin: port.admin,
  oper: port.oper,
  firstAt,
  at,
  goneAt,
  rates,
  ...(noRate === null ? {} : { noRate }),
});
