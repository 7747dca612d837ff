// The arrival log's consumer that knows the agents' own machines: what they said last, and what has changed.
import { type Round, roundEndMs } from '../../../protocol/round.ts';
import type { State } from '../../state/database.ts';
import type { Reader } from '../model.ts';
import { documentOf, factsOf, machineOf } from './kept.ts';
import { type MachineLatest, nothing, step } from './state.ts';

export interface Machines {
  /** Rounds of arrivals in the order of the log. Harmless when done again: a round that is not newer changes nothing. */
  take(rounds: readonly { readonly agent: string; readonly round: Round }[]): Promise<void>;
  get(agent: string): MachineLatest | undefined;
  /** A person says which listeners are as they should be. */
  expect(agent: string, keys: readonly string[], actor: string): Promise<void>;
  keepAgents(isKnown: (agent: string) => boolean): void;
}

export const openMachines = async (state: State): Promise<Machines> => {
  const rows = await state.selectFrom('machines').selectAll().execute();
  const latest = new Map(rows.map(({ agent_id, document }): [string, MachineLatest] => [agent_id, machineOf(document)]));
  /** What is written down of each, as text. */
  const written = new Map<string, string>();

  const keep = async (trx: Reader, agent: string, machine: MachineLatest): Promise<void> => {
    const facts = factsOf(machine);
    if (written.get(agent) === facts) return;
    const row = { agent_id: agent, document: documentOf(machine) };
    await trx
      .insertInto('machines')
      .values(row)
      .onConflict((conflict) => conflict.column('agent_id').doUpdateSet(row))
      .execute();
    written.set(agent, facts);
  };
  const takeOne = async (trx: Reader, agent: string, round: Round): Promise<void> => {
    const before = latest.get(agent) ?? nothing;
    const { machine, events } = step(before, round);
    if (machine === before) return;
    latest.set(agent, machine);
    const at = roundEndMs(round);
    for (const { level, event, message } of events)
      await trx.insertInto('agent_events').values({ agent_id: agent, at, level, event, message }).execute();
    await keep(trx, agent, machine);
  };
  return {
    async take(rounds) {
      const undo = new Map(latest);
      try {
        await state.transaction().execute(async (trx) => {
          for (const { agent, round } of rounds) await takeOne(trx, agent, round);
        });
      } catch (error) {
        latest.clear();
        written.clear();
        for (const [agent, was] of undo) latest.set(agent, was);
        throw error;
      }
    },
    get: (agent) => latest.get(agent),
    async expect(agent, keys, actor) {
      const machine = { ...(latest.get(agent) ?? nothing), expected: [...keys].toSorted(), expectedBy: actor };
      await state.transaction().execute((trx) => keep(trx, agent, machine));
      latest.set(agent, { ...(latest.get(agent) ?? nothing), expected: machine.expected, expectedBy: actor });
    },
    keepAgents(isKnown) {
      for (const agent of latest.keys()) if (!isKnown(agent)) latest.delete(agent);
    },
  };
};
