import { MachineSettings } from '../../../protocol/machine-settings.ts';
import type { Clock } from '../../../protocol/time.ts';
import type { State } from '../../state/database.ts';
import type { Accepted } from '../refusal.ts';
import { keepMachineSettings, readMachineSettings } from './settings.ts';

/** What every agent looks at on its own machine, as people change it. */
export interface MachineSteering {
  get(): Promise<MachineSettings>;
  set(settings: MachineSettings, actor: string): Promise<Accepted>;
}

export interface MachineSteeringOptions {
  readonly state: State;
  readonly clock: Clock;
  /** Compiles, signs and publishes what the change means. */
  readonly sync: () => Promise<{ readonly revision: number; readonly agents: readonly string[] }>;
}

export const openMachineSteering = ({ state, clock, sync }: MachineSteeringOptions): MachineSteering => ({
  get: () => readMachineSettings(state),
  async set(settings, actor) {
    await keepMachineSettings(state, MachineSettings.parse(settings), Math.floor(clock.now()), actor);
    return { ok: true, ...(await sync()) };
  },
});
