import type { Log } from '../../protocol/log.ts';
import { toSlug } from '../../protocol/ids.ts';
import { Target } from '../../protocol/target.ts';
import type { Found } from './discover.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { State } from '../state/database.ts';
import { readNote, writeNote } from './state-notes.ts';

const ACTOR = 'system';

/** What the first start measures: loopback, by the agent on this host alone. No packet of it leaves the host. */
export const seedLoopback = async (fleet: Fleet, state: State, localAgent: string, log: Log): Promise<void> => {
  if ((await readNote(state, 'seeded')) !== null) return;
  const targets = [
    { id: 'loopback-v4', name: 'Loopback, IPv4', address: '127.0.0.1' },
    { id: 'loopback-v6', name: 'Loopback, IPv6', address: '::1' },
  ];
  for (const target of targets) await create(fleet, { ...target, agents: { in: { agent: [localAgent] } } }, log);
  await writeNote(state, 'seeded', 'loopback');
};

/** `--discover`: the operator has said so, thus the gateway and the resolvers are measured without a click. */
export const addFound = async (fleet: Fleet, found: readonly Found[], localAgent: string, log: Log): Promise<void> => {
  const known = new Set((await fleet.targets()).map(({ target }) => target.address));
  for (const { address, kind } of found)
    if (!known.has(address))
      await create(
        fleet,
        {
          id: toSlug(`${kind}-${address}`),
          name: `${kind === 'gateway' ? 'Gateway' : 'Resolver'} ${address}`,
          address,
          agents: { in: { agent: [localAgent] } },
        },
        log,
      );
};

const create = async (fleet: Fleet, target: object, log: Log): Promise<void> => {
  const made = await fleet.createTarget(Target.parse({ ...target, tasks: [{ options: { kind: 'icmp' } }] }), ACTOR);
  if (!made.ok && made.why !== 'exists') log.warn('target-refused', made.problems.map(({ message }) => message).join('; '));
};
