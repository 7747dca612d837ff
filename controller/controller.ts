// The controller's core, from what agents send down to what people see: ingest → arrival log → acknowledge; store, alerts and live read the log.
import { roundEndMs } from '../protocol/round.ts';
import { openAlerts } from './alerts/alerts.ts';
import { forgetIncidents } from './alerts/forget.ts';
import { type ConsumerOptions, runConsumer } from './arrivals/consume.ts';
import { type Behind, openBehind } from './behind.ts';
import { openChanges } from './fleet/changes.ts';
import { forgetOld } from './fleet/forget.ts';
import { type Machines, openMachines } from './fleet/machine/machines.ts';
import { isMachine } from './fleet/machine/state.ts';
import { openPolls, type Polls } from './fleet/snmp/polls.ts';
import { type HousekeepingOptions, runHousekeeping } from './housekeeping.ts';
import { type ControllerClock, openControllerClock } from './ingest/clock.ts';
import { INGEST_FILTERS } from './ingest/ingest.ts';
import { type ConsumerName, type Intake, openIntake } from './intake.ts';
import { keepClock, keptClock, tellClock } from './kept-clock.ts';
import { type LatestRounds, openLatestRounds } from './latest.ts';
import type { Controller, ControllerDeps, Counters, Tuning } from './ports.ts';
import { type FleetMetrics, openFleetMetrics } from './prometheus/fleet-metrics.ts';
import { makePublish } from './publish.ts';
import { pointsOf } from './series/schema.ts';
import { readMeans } from './rules/past.ts';
import { openSteering, type Steering } from './steering.ts';
import { openSetAside } from './storage/set-aside.ts';
import { isSnmp } from './series/snmp-schema.ts';
import { runUpkeep } from './store-upkeep.ts';
import { makePointsOf, writeRounds } from './store-writer.ts';
import { openTelling, type Telling } from './telling.ts';
import { openTroubles, type Troubles } from './troubles.ts';
import { DEFAULT_TUNING } from './tuning.ts';
import { openWatchdog } from './watchdog.ts';
import { runVerdicts } from './verdicts.ts';

export type * from './ports.ts';

/** How much a consumer takes at once: enough to make a transaction worth it, little enough to answer others in between. */
const ROUNDS_AT_ONCE = 2_000;
/** Writes to the store that may be under way: while one is made, others are on their way there and worked on. */
const STORE_AT_ONCE = 3;

/** Opens everything, subscribes, and runs until the signal aborts. Rejects when something cannot be opened; afterwards nothing rejects. */
export const openController = async (deps: ControllerDeps, signal: AbortSignal): Promise<Controller> => {
  const { log, broker, state, store, random } = deps;
  const tuning = { ...DEFAULT_TUNING, ...deps.tuning };
  const clock = openControllerClock(deps.clock, deps.host, await keptClock(state));
  const now = (): number => Math.floor(clock.now());
  const troubles = openTroubles(log, now);
  const changes = openChanges((error) => log.error('listener-failed', String(error)));
  const publish = makePublish(broker, troubles, signal);
  const latest = await openLatestRounds(store, changes, (error) => troubles.set('store', String(error)));
  const steering = await openSteering({ ...deps, clock, tuning, changes, publish, signal, onAgents: latest.keepAgents });
  const polls = await openPolls(state, () => {
    // What a device is decides about its templates; the next turn, because this one holds the control database.
    steering.push.sync().catch((error: unknown) => troubles.set('control', String(error)));
  });
  const machines = await openMachines(state);
  const alerts = await openAlerts({
    state,
    clock,
    random,
    log,
    statuses: steering.board.list,
    readMeans: (rule, from, to) => readMeans(store, rule, from, to),
    pointsOf: (agent, round) => pointsOf(agent, round, steering.registry.tagsOf(agent, round.task.slice(0, round.task.indexOf('/')))),
  });
  alerts.onChange(() => changes.emit({ kind: 'incidents' }));
  const telling = await openTelling({ ...deps, ...tuning, clock, alerts, changes });
  const watchdog = openWatchdog({ ...deps, clock, troubles: troubles.list, site: deps.site ?? 'Sonde', onOrders: steering.agentsChanged });
  const intake = openIntake({ ...deps, clock, tuning, troubles, publish, steering, alertsAt: await alerts.position() });

  const parts: Parts = {
    deps,
    alerts,
    polls,
    telling,
    machines,
    tuning,
    clock,
    now,
    troubles,
    latest,
    steering,
    intake,
    fleetMetrics: openFleetMetrics(clock),
    behind: openBehind(),
    totals: { roundsStored: 0, storeLagMs: null },
  };
  const loops = [
    intake.queue.run(signal),
    ...runConsumers(parts, signal),
    runHousekeeping(chores(parts), signal),
    runUpkeep({ store, clock, ...upkeepOf(tuning), onTrouble: (message) => troubles.set('upkeep', message) }, signal),
    telling.run(signal),
    watchdog.run(signal),
    runVerdicts({ state, store, clock, log, changes, latest: latest.list, everyMs: tuning.verdictsEveryMs }, signal),
  ];
  for (const filter of INGEST_FILTERS)
    await broker.subscribe(filter, (message) => {
      if (!signal.aborted) intake.ingest.handle(message);
    });
  broker.onFresh(() => {
    if (!signal.aborted) steering.push.publishAll().catch((error: unknown) => troubles.set('control', String(error)));
  });
  return {
    clock,
    fleet: steering.fleet,
    devices: steering.devices,
    asking: steering.asking,
    mibs: steering.mibs,
    deviceLatest: polls.get,
    machines,
    machineSettings: steering.machineSettings,
    changes,
    agents: steering.board.list,
    latest: latest.list,
    watchdog,
    ruleStandings: alerts.standing,
    judgePoints: alerts.look,
    telling,
    troubles: troubles.list,
    agentsChanged: steering.agentsChanged,
    closed: Promise.allSettled(loops).then(() => {}),
    counters: () => counters(parts),
    metricsOfFleet: parts.fleetMetrics.render,
    storedBehind: parts.behind.read,
  };
};

const upkeepOf = ({ retention, upkeepEveryMs }: Tuning) => ({ retention, everyMs: upkeepEveryMs });

interface Parts {
  readonly deps: ControllerDeps;
  readonly alerts: Awaited<ReturnType<typeof openAlerts>>;
  readonly polls: Polls;
  readonly telling: Telling;
  readonly machines: Machines;
  readonly tuning: Tuning;
  readonly clock: ControllerClock;
  readonly now: () => number;
  readonly troubles: Troubles;
  readonly latest: LatestRounds;
  readonly steering: Steering;
  readonly intake: Intake;
  readonly fleetMetrics: FleetMetrics;
  readonly behind: Behind;
  readonly totals: { roundsStored: number; storeLagMs: number | null };
}

/** Five readers of the arrival log that do not know each other, each with its own cursor. */
const runConsumers = (parts: Parts, signal: AbortSignal): Promise<void>[] => {
  const { deps, alerts, polls, machines, clock, now, troubles, latest, steering, intake, totals, fleetMetrics, behind } = parts;
  const pointsOfArrival = makePointsOf(steering.registry.tagsOf);
  const setAside = openSetAside(deps.state, clock, deps.log);
  const consumer = (name: ConsumerName, handle: ConsumerOptions['handle'], atOnce = 1): Promise<void> => {
    const onTrouble = (message: string | null): void => troubles.set(name, message);
    const { arrivals: log, bell } = intake;
    return runConsumer({ name, log, bell, clock, handle, maxRounds: ROUNDS_AT_ONCE, atOnce, onTrouble }, signal);
  };
  const storeRounds: ConsumerOptions['handle'] = async (arrivals) => {
    const stored = await writeRounds(deps.store, arrivals, pointsOfArrival, setAside.add);
    totals.roundsStored += stored.rounds;
    if (stored.newestEnd !== null) totals.storeLagMs = Math.max(0, now() - stored.newestEnd);
    const at = now();
    for (const { batch } of arrivals) if (batch.lane === 'fresh') for (const round of batch.rounds) behind.add(at - roundEndMs(round));
  };
  return [
    consumer('store', storeRounds, STORE_AT_ONCE),
    consumer('alerts', (arrivals) => alerts.consume(arrivals)),
    consumer('devices', async (arrivals) => {
      const rounds = arrivals.flatMap(({ agent, batch }) => batch.rounds.filter(isSnmp).map((round) => ({ agent, round })));
      if (rounds.length > 0) await polls.take(rounds);
    }),
    consumer('machines', async (arrivals) => {
      const rounds = arrivals.flatMap(({ agent, batch }) => batch.rounds.filter(isMachine).map((round) => ({ agent, round })));
      if (rounds.length > 0) await machines.take(rounds);
    }),
    consumer('live', async (arrivals) => {
      for (const arrival of arrivals) {
        if (arrival.batch.rounds.length === 0) continue;
        latest.add(arrival.agent, pointsOfArrival(arrival));
        if (arrival.batch.lane === 'fresh') fleetMetrics.add(pointsOfArrival(arrival));
      }
    }),
  ];
};

const chores = ({ deps, alerts, telling, tuning, clock, now, troubles, steering, intake }: Parts): HousekeepingOptions => {
  const { board, push } = steering;
  const { arrivals, bell } = intake;
  const writeDown: HousekeepingOptions['minute'] = [
    ['control', () => board.flush(true)],
    ['control', () => keepClock(deps.state, clock)],
    ['arrivals', async () => arrivals.tidy()],
  ];
  return {
    clock,
    tuning,
    troubles,
    tick: [
      ['arrivals', async () => void (arrivals.release(now()) > 0 && bell.ring())],
      ['control', async () => board.tick(now())],
      ['control', () => board.flush(false)], // before the alerts look: they read who is off from the control database
      ['alerts', () => alerts.tick()],
      ['alerts', () => telling.tick()],
    ],
    minute: [...writeDown, ['clock', async () => tellClock(clock.awayMs(), troubles)]],
    latest: [['broker', push.publishLatest]],
    retention: [
      ['arrivals', async () => arrivals.pruneEpochs(now())],
      ['control', () => forgetOld(deps.state, now() - tuning.retentionMs)],
      ['alerts', () => forgetIncidents(deps.state, now() - tuning.retentionMs)],
    ],
    last: writeDown,
  };
};

const counters = ({ tuning, steering, intake, totals }: Parts): Counters => {
  const { arrivals, ingest } = intake;
  const { online, offline } = steering.board.count();
  return {
    ...ingest.counters,
    ...intake.totals,
    ...totals,
    arrivalsBytes: arrivals.bytes(),
    arrivalsCapBytes: tuning.arrivalsCapBytes,
    storeLag: arrivals.last() - arrivals.position('store'),
    alertsLag: arrivals.last() - arrivals.position('alerts'),
    agentsOnline: online,
    agentsOffline: offline,
  };
};
