// The devices of the fleet: documents in the open, secrets encrypted, and sealed to the agent that polls. Every change is audited and pushed.
import { createHash } from 'node:crypto';
import { AgentId } from '../../../protocol/ids.ts';
import { Device, DeviceInput } from '../../../protocol/device.ts';
import { SnmpSecrets } from '../../../protocol/probes/snmp.ts';
import { seal, sealingContext } from '../../../protocol/sealing.ts';
import { taskId } from '../../../protocol/task.ts';
import type { Clock } from '../../../protocol/time.ts';
import type { State } from '../../state/database.ts';
import { audit, nextRevision, type Reader } from '../model.ts';
import { type Accepted, type Problem, type Refused, refused } from '../refusal.ts';
import { makeSerial } from '../serial.ts';
import type { SealedDevice } from './compile.ts';
import { resolveNames } from './names.ts';
import type { Mibs } from './mibs.ts';

/** What keeps secrets on this host (controller/pki/vault.ts). */
export interface Vault {
  encrypt(place: string, text: string): string;
  decrypt(place: string, encrypted: string): string;
}

export interface StoredDevice {
  readonly device: Device;
  readonly has: { readonly community: boolean; readonly authKey: boolean; readonly privKey: boolean };
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `actor` is the login. What is accepted is durable, signed, and on its way to the agent. */
export interface Devices {
  list(): Promise<readonly StoredDevice[]>;
  create(input: DeviceInput, actor: string): Promise<Accepted | Refused>;
  /** Secrets that the input does not name stay as they are. */
  replace(input: DeviceInput, actor: string): Promise<Accepted | Refused>;
  remove(id: string, actor: string): Promise<Accepted | Refused>;
  /** How a device is spoken to, in clear: only for sealing to an agent. */
  speaking(id: string): Promise<{ readonly device: Device; readonly secrets: SnmpSecrets } | null>;
}

export interface DevicesOptions {
  readonly state: State;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly mibs: Mibs;
  readonly sync: () => Promise<{ readonly revision: number; readonly agents: readonly string[] }>;
  readonly onChange: () => Promise<void>;
}

export const openDevices = ({ state, vault, clock, mibs, sync, onChange }: DevicesOptions): Devices => {
  const serial = makeSerial();
  const now = (): number => Math.floor(clock.now());
  const pushed = async (): Promise<Accepted> => {
    await onChange();
    return { ok: true, ...(await sync()) };
  };

  const save = async (input: DeviceInput, actor: string, mode: 'create' | 'replace'): Promise<Accepted | Refused> => {
    const row = await state.selectFrom('devices').selectAll().where('id', '=', input.id).executeTakeFirst();
    if (mode === 'create' && row !== undefined) return refused('exists', `there is a device ${input.id} already`, 'id');
    if (mode === 'replace' && row === undefined) return refused('not-found', `there is no device ${input.id}`, 'id');
    const { secrets: given, ...document } = DeviceInput.parse(input); // Callers have parsed it; a program's mistake must not reach the agents.
    const named = await resolveNames(document, mibs);
    if (!named.ok) return { ok: false, why: 'invalid', problems: named.problems };
    const device = named.device;
    const kept = row === undefined ? {} : readSecrets(vault, row.id, row.secrets);
    const secrets = needed(device, { ...kept, ...given });
    const problems = [...(await agentProblems(state, device)), ...tableProblems(device), ...secretProblems(device, secrets)];
    if (problems.length > 0) return { ok: false, why: 'invalid', problems };
    const at = now();
    const hasSecrets = Object.keys(secrets).length > 0;
    const next = {
      id: device.id,
      document: JSON.stringify(device),
      secrets: hasSecrets ? vault.encrypt(place(device.id), JSON.stringify(secrets)) : '',
      sealed: '',
      sealed_for: '',
      created_at: row?.created_at ?? at,
      updated_at: at,
    };
    await state.transaction().execute(async (trx) => {
      await trx
        .insertInto('devices')
        .values(next)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(next))
        .execute();
      await nextRevision(trx, at, actor, `device ${device.id} ${mode === 'create' ? 'added' : 'changed'}`);
      await audit(trx, at, actor, `device-${mode}`, device); // the document has no secrets
    });
    return pushed();
  };

  const remove = async (id: string, actor: string): Promise<Accepted | Refused> => {
    const found = await state.transaction().execute(async (trx) => {
      const { numDeletedRows } = await trx.deleteFrom('devices').where('id', '=', id).executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
      for (const table of ['device_polls', 'ports', 'device_events'] as const)
        await trx.deleteFrom(table).where('device_id', '=', id).execute();
      await nextRevision(trx, now(), actor, `device ${id} removed`);
      await audit(trx, now(), actor, 'device-remove', { id });
      return true;
    });
    return found ? pushed() : refused('not-found', `there is no device ${id}`, 'id');
  };

  return {
    async list() {
      const rows = await state.selectFrom('devices').selectAll().orderBy('id').execute();
      return rows.map((row): StoredDevice => {
        const secrets = readSecrets(vault, row.id, row.secrets);
        const has = {
          community: secrets.community !== undefined,
          authKey: secrets.authKey !== undefined,
          privKey: secrets.privKey !== undefined,
        };
        return { device: Device.parse(JSON.parse(row.document)), has, createdAt: row.created_at, updatedAt: row.updated_at };
      });
    },
    async speaking(id) {
      const row = await state.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined
        ? null
        : { device: Device.parse(JSON.parse(row.document)), secrets: readSecrets(vault, row.id, row.secrets) };
    },
    create: (input, actor) => serial(() => save(input, actor, 'create')),
    replace: (input, actor) => serial(() => save(input, actor, 'replace')),
    remove: (id, actor) => serial(() => remove(id, actor)),
  };
};

const place = (id: string): string => `device ${id}`;

const readSecrets = (vault: Vault, id: string, encrypted: string): SnmpSecrets =>
  encrypted === '' ? {} : SnmpSecrets.parse(JSON.parse(vault.decrypt(place(id), encrypted)));

/** Of what was said, what this way of speaking needs: a community does not stay behind when a device moves to v3. */
const needed = ({ access }: Device, { community, authKey, privKey }: SnmpSecrets): SnmpSecrets => {
  if (access.version !== '3') return community === undefined ? {} : { community };
  return {
    ...(access.level !== 'noAuthNoPriv' && authKey !== undefined ? { authKey } : {}),
    ...(access.level === 'authPriv' && privKey !== undefined ? { privKey } : {}),
  };
};

export const secretProblems = ({ access }: Pick<Device, 'access'>, secrets: SnmpSecrets): Problem[] => {
  if (access.version !== '3')
    return secrets.community === undefined ? [{ path: 'secrets.community', message: `SNMP v${access.version} needs a community` }] : [];
  return [
    ...(access.level !== 'noAuthNoPriv' && secrets.authKey === undefined
      ? [{ path: 'secrets.authKey', message: `${access.level} needs the password for ${access.authProtocol}` }]
      : []),
    ...(access.level === 'authPriv' && secrets.privKey === undefined
      ? [{ path: 'secrets.privKey', message: `authPriv needs the password for ${access.privProtocol}` }]
      : []),
  ];
};

const agentProblems = async (state: Reader, { agent }: Device): Promise<Problem[]> => {
  const row = await state.selectFrom('agents').select('state').where('id', '=', AgentId.parse(agent)).executeTakeFirst();
  return row?.state === 'active' ? [] : [{ path: 'agent', message: `there is no enrolled agent ${agent}` }];
};

const tableProblems = ({ tables }: Device): Problem[] => {
  const twice = tables.findIndex(({ name }, i) => tables.findIndex((other) => other.name === name) !== i);
  return twice < 0 ? [] : [{ path: `tables[${twice}].name`, message: `there is a table ${tables[twice]?.name ?? ''} already` }];
};

/**
 * The devices as they are compiled, each with its secrets sealed to its agent. What was sealed for the same agent and key is kept, so that the
 * same fleet gives the same bytes. Inside the transaction that compiles.
 */
export const readSealedDevices = async (trx: Reader, vault: Vault): Promise<SealedDevice[]> => {
  const rows = await trx.selectFrom('devices').selectAll().orderBy('id').execute();
  if (rows.length === 0) return [];
  const agents = await trx.selectFrom('agents').select(['id', 'sealing_key']).where('state', '=', 'active').execute();
  const keys = new Map(agents.map(({ id, sealing_key }) => [id, sealing_key]));
  const polls = await trx.selectFrom('device_polls').select(['device_id', 'document']).execute();
  const objectIds = new Map(polls.map(({ device_id, document }) => [device_id, objectIdOf(document)]));
  const sealedDevices: SealedDevice[] = [];
  for (const row of rows) {
    const device = Device.parse(JSON.parse(row.document));
    const key = keys.get(device.agent);
    if (key === undefined) continue; // its agent was revoked: nobody polls it until it is given to another
    const sealedFor = createHash('sha256').update(`${device.agent} ${key} ${row.secrets}`).digest('hex');
    let { sealed } = row;
    if (row.secrets !== '' && row.sealed_for !== sealedFor) {
      sealed = trySeal(key, sealingContext(device.agent, taskId(device.id, 'snmp')), vault.decrypt(place(row.id), row.secrets));
      await trx.updateTable('devices').set({ sealed, sealed_for: sealedFor }).where('id', '=', row.id).execute();
    }
    sealedDevices.push({ device, sealed, objectId: objectIds.get(device.id) ?? '' });
  }
  return sealedDevices;
};

/** An agent that enrolled with a damaged key cannot be given secrets: its polls say so. */
const trySeal = (key: string, context: string, text: string): string => {
  try {
    return seal(key, context, text);
  } catch {
    return 'no-sealing-key';
  }
};

const objectIdOf = (document: string): string => {
  const poll: { readonly system?: { readonly objectId?: unknown } } = JSON.parse(document); // our own column, written by polls.ts
  return typeof poll.system?.objectId === 'string' ? poll.system.objectId : '';
};
