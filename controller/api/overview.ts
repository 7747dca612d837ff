import type { Overview } from '../../protocol/api.ts';
import { standing } from './agent-view.ts';
import type { Context } from './context.ts';
import type { FleetModel } from './fleet-view.ts';
import { judge, silentAfterMs } from './pair-view.ts';

/** The numbers on the first page. */
export const readOverview = async (context: Context, model: FleetModel): Promise<Overview> => {
  const { controller, settings, state } = context;
  const now = controller.clock.now();
  const counters = controller.counters();
  const { open } = await state
    .selectFrom('incidents')
    .select(({ fn }) => fn.countAll<number>().as('open'))
    .where('state', '=', 'firing')
    .executeTakeFirstOrThrow();
  return {
    site: settings.site,
    now,
    agents: countAgents(model),
    targets: countTargets(model, now),
    roundsStored: counters.roundsStored,
    roundsPerSecond: roundsPerSecond(model, now),
    spoolBacklog: model.agents.reduce((sum, { presence }) => sum + (presence?.status?.spool.rounds ?? 0), 0),
    lagMs: counters.storeLagMs,
    openIncidents: Number(open),
    dataDirectory: settings.dataDirectory,
    dataBytes: await context.dataBytes(),
  };
};

/** Revoked agents are nobody's. One that is waited for counts in the total only. */
const countAgents = ({ agents }: FleetModel): Overview['agents'] => {
  const states = agents.map((agent) => standing(agent).state).filter((state) => state !== 'revoked');
  const count = (wanted: string): number => states.filter((state) => state === wanted).length;
  return { online: count('online'), degraded: count('degraded'), off: count('off'), total: states.length };
};

/** ok: at least one pair, and every pair of it answers. */
const countTargets = ({ targets, pairs }: FleetModel, now: number): Overview['targets'] => {
  const statesOf = Map.groupBy(pairs.values(), ({ stored }) => stored.target.id);
  const isOk = (id: string): boolean => statesOf.get(id)?.every((pair) => judge(pair, now).state === 'ok') ?? false;
  return {
    total: targets.length,
    ok: targets.filter(({ target }) => isOk(target.id)).length,
    grey: targets.filter(({ answered }) => !answered).length,
  };
};

/** What comes in now: one round an interval from every pair that is heard. */
const roundsPerSecond = ({ pairs }: FleetModel, now: number): number =>
  [...pairs.values()]
    .filter(({ latest, template }) => latest !== null && now - latest.column.endAt <= silentAfterMs(template))
    .reduce((sum, { template }) => sum + 1_000 / template.intervalMs, 0);
