// What people ask of devices through an agent, once: walks and discoveries. Names to numbers, networks to addresses, secrets sealed to the agent.
import { isIP } from 'node:net';
import type { DiscoverNetworks, WalkAddress } from '../../../protocol/api-devices.ts';
import { AgentId } from '../../../protocol/ids.ts';
import type { State } from '../../state/database.ts';
import type { CommandOrder, Commands, Part } from '../commands.ts';
import { type Refused, refused } from '../refusal.ts';
import { type Devices, secretProblems } from './devices.ts';
import type { Mibs } from './mibs.ts';
import { addressesIn } from './networks.ts';

export type Asked = { readonly ok: true; readonly parts: AsyncIterable<Part> } | Refused;

/** The signal ends the listening. */
export interface Asking {
  walkDevice(id: string, what: { readonly oid: string; readonly most: number }, signal: AbortSignal): Promise<Asked>;
  walk(ask: WalkAddress, signal: AbortSignal): Promise<Asked>;
  discover(ask: DiscoverNetworks, signal: AbortSignal): Promise<Asked>;
}

export interface AskingOptions {
  readonly state: State;
  readonly devices: Pick<Devices, 'speaking'>;
  readonly mibs: Pick<Mibs, 'resolve'>;
  readonly commands: Commands;
}

/** A big box takes a minute to walk, a slow one longer. */
const WALK_WITHIN_MS = 300_000;
const MOST_ADDRESSES = 4_096;

export const openAsking = ({ state, devices, mibs, commands }: AskingOptions): Asking => {
  const send = async (order: Omit<CommandOrder, 'sealingKey'>, signal: AbortSignal): Promise<Asked> => {
    const agent = await state
      .selectFrom('agents')
      .select(['sealing_key', 'state'])
      .where('id', '=', AgentId.parse(order.agent))
      .executeTakeFirst();
    if (agent?.state !== 'active') return refused('invalid', `there is no enrolled agent ${order.agent}`, 'agent');
    const sent = commands.send({ ...order, sealingKey: agent.sealing_key }, signal);
    if (!sent.ok) return refused('invalid', sent.reason, 'agent');
    return { ok: true, parts: sent.value };
  };
  const walk: Asking['walk'] = async ({ agent, secrets, oid, address, family, most, ...speaking }, signal) => {
    const root = /^\d/.test(oid) ? { ok: true as const, value: oid } : await mibs.resolve(oid);
    const problems = [...(root.ok ? [] : [{ path: 'oid', message: root.reason }]), ...secretProblems(speaking, secrets)];
    if (!root.ok || problems.length > 0) return { ok: false, why: 'invalid', problems };
    const errand = { do: 'snmp-walk' as const, ...speaking, sealed: '', address, family, root: root.value, most };
    return send({ agent, secrets, errand, withinMs: WALK_WITHIN_MS }, signal);
  };
  return {
    walk,
    async walkDevice(id, what, signal) {
      const kept = await devices.speaking(id);
      if (kept === null) return refused('not-found', `there is no device ${id}`, 'id');
      const { agent, address, family, port, access, timeoutMs, retries } = kept.device;
      return walk({ agent, address, family, port, access, timeoutMs, retries, secrets: kept.secrets, ...what }, signal);
    },
    async discover({ agent, secrets, addresses: given, ...speaking }, signal) {
      const addresses: string[] = [];
      const problems = secretProblems(speaking, secrets);
      for (const [i, text] of given.entries()) {
        const inside = addressesIn(text);
        if (inside.ok && inside.value.every((one) => isIP(one) !== 0)) addresses.push(...inside.value);
        else problems.push({ path: `addresses[${i}]`, message: inside.ok ? `"${text}" is not an address or a network` : inside.reason });
      }
      if (addresses.length > MOST_ADDRESSES)
        problems.push({ path: 'addresses', message: `${addresses.length} addresses; at most ${MOST_ADDRESSES} at once` });
      if (problems.length > 0) return { ok: false, why: 'invalid', problems };
      const { timeoutMs, retries } = speaking;
      const withinMs = Math.min(600_000, WALK_WITHIN_MS + addresses.length * timeoutMs * (retries + 1));
      const errand = { do: 'snmp-discover' as const, ...speaking, sealed: '', addresses };
      return send({ agent, secrets, errand, withinMs }, signal);
    },
  };
};
