// What goes out: the fleet as people change it, compiled, signed and pushed; and what is known of each agent.
import type { Clock } from '../protocol/time.ts';
import { type Board, openBoard } from './fleet/board.ts';
import type { Changes } from './fleet/changes.ts';
import { type Commands, openCommands } from './fleet/commands.ts';
import { type Fleet, openFleet } from './fleet/fleet.ts';
import { openPush, type Push } from './fleet/push.ts';
import { openRegistry, type Registry } from './fleet/registry.ts';
import { type Asking, openAsking } from './fleet/snmp/asking.ts';
import { type Devices, openDevices } from './fleet/snmp/devices.ts';
import { type MachineSteering, openMachineSteering } from './fleet/machine/steering.ts';
import { type Mibs, openMibs } from './fleet/snmp/mibs.ts';
import { makeSerial } from './fleet/serial.ts';
import type { ControllerDeps, Tuning } from './ports.ts';
import type { Publish } from './publish.ts';

export interface Steering {
  readonly registry: Registry;
  readonly board: Board;
  readonly push: Push;
  readonly fleet: Fleet;
  readonly commands: Commands;
  readonly devices: Devices;
  readonly asking: Asking;
  readonly mibs: Mibs;
  readonly machineSettings: MachineSteering;
  readonly agentsChanged: () => Promise<void>;
}

export interface SteeringOptions extends Pick<ControllerDeps, 'state' | 'signer' | 'vault' | 'log' | 'random'> {
  /** The controller's own time. */
  readonly clock: Clock;
  readonly tuning: Tuning;
  readonly changes: Changes;
  readonly publish: Publish;
  readonly signal: AbortSignal;
  /** Agents have come or gone. */
  readonly onAgents: (isKnown: (agent: string) => boolean) => void;
}

export const openSteering = async (options: SteeringOptions): Promise<Steering> => {
  const { state, signer, vault, log, random, clock, tuning, changes, publish, signal, onAgents } = options;
  const registry = await openRegistry(state, tuning.tagLabels);
  const push = await openPush({ state, signer, vault, clock, log, signal, publish });
  const board = await openBoard(
    {
      state,
      silentAfterMs: tuning.silentAfterMs,
      graceMs: tuning.graceMs,
      onChange: (ids) => changes.emit({ kind: 'agents', ids }),
      onTurn: (agent, turned, why) => log.info(`agent-${turned}`, `agent ${agent} is ${turned}${why === '' ? '' : `: ${why}`}`, { agent }),
    },
    Math.floor(clock.now()),
  );
  const reload = async (): Promise<void> => {
    await registry.reload();
    board.setAgents(registry.agents());
    onAgents(registry.isKnown);
  };
  const fleet = openFleet({
    state,
    clock,
    random,
    limits: tuning,
    isOnline: (agent) => board.get(agent)?.online ?? false,
    sync: push.sync,
    async onChange(change) {
      await reload();
      changes.emit(change);
    },
  });
  const mibs = openMibs(state);
  const devices = openDevices({
    state,
    vault,
    clock,
    mibs,
    sync: push.sync,
    async onChange() {
      changes.emit({ kind: 'devices' });
    },
  });
  const commands = openCommands({ signer, random, clock, publish, presence: board.get });
  const asking = openAsking({ state, devices, mibs, commands });
  const machineSettings = openMachineSteering({ state, clock, sync: push.sync });
  board.setAgents(registry.agents());
  await push.sync();
  const serial = makeSerial();
  const agentsChanged = (): Promise<void> =>
    serial(async () => {
      await reload();
      await push.sync();
      changes.emit({ kind: 'agents', ids: registry.agents() });
    });
  return { registry, board, push, fleet, commands, devices, asking, mibs, machineSettings, agentsChanged };
};
