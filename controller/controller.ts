// The controller's core, from what agents send down to what people see: ingest → arrival log → acknowledge; store, alerts and live read the log.
import { openArrivalLog } from './arrivals/log.ts';
import { openBell, runConsumer } from './arrivals/consume.ts';
import { openBoard } from './fleet/board.ts';
import { openChanges } from './fleet/changes.ts';
import { openFleet } from './fleet/fleet.ts';
import { openPush } from './fleet/push.ts';
import { makeSerial } from './fleet/serial.ts';
import { parseBatch } from './ingest/batch.ts';
import { openControllerClock } from './ingest/clock.ts';
import { openCommitQueue } from './ingest/commit.ts';
import { openCredits } from './ingest/credits.ts';
import { INGEST_FILTERS, openIngest } from './ingest/ingest.ts';
import { keepClock, keptClock, tellClock } from './kept-clock.ts';
import { openLatestRounds } from './latest.ts';
import { makePublish } from './publish.ts';
import type { Controller, ControllerDeps, Counters } from './ports.ts';
import { openRegistry } from './fleet/registry.ts';
import { forgetOld } from './fleet/forget.ts';
import { runHousekeeping } from './housekeeping.ts';
import { makePointsOf, writeRounds } from './store-writer.ts';
import { openTroubles } from './troubles.ts';
import { DEFAULT_TUNING } from './tuning.ts';

export type * from './ports.ts';

const CONSUMERS = ['store', 'live'] as const;
/** How much a consumer takes at once: enough to make a transaction worth it, little enough to answer others in between. */
const ROUNDS_AT_ONCE = 2_000;

/** Opens everything, subscribes, and runs until the signal aborts. Rejects when something cannot be opened; afterwards nothing rejects. */
export const openController = async (deps: ControllerDeps, signal: AbortSignal): Promise<Controller> => {
  const { random, log, broker, state, arrivalsDb, store, signer } = deps;
  const tuning = { ...DEFAULT_TUNING, ...deps.tuning };

  const clock = openControllerClock(deps.clock, deps.host, await keptClock(state));
  const now = (): number => Math.floor(clock.now());
  const troubles = openTroubles(log, now);
  const changes = openChanges((error) => log.error('listener-failed', String(error)));
  const publish = makePublish(broker, troubles, signal);
  const registry = await openRegistry(state, tuning.tagLabels);

  const arrivals = openArrivalLog(arrivalsDb, {
    capBytes: tuning.arrivalsCapBytes,
    consumers: CONSUMERS,
    startAfter: 0,
    parse(body) {
      const parsed = parseBatch(body);
      if (!parsed.ok) log.error('arrival-unreadable', `a kept batch cannot be read and is passed over: ${parsed.reason}`);
      return parsed.ok ? parsed.value.batch : null;
    },
  });
  arrivals.move('live', arrivals.last());
  const bell = openBell();
  const totals = { roundsTaken: 0, roundsDuplicate: 0, roundsWaiting: 0, commits: 0, roundsStored: 0 };
  let storeLagMs: number | null = null;

  const push = await openPush({ state, signer, clock, log, publish });
  const board = await openBoard(
    {
      state,
      silentAfterMs: tuning.silentAfterMs,
      graceMs: tuning.graceMs,
      onChange: (ids) => changes.emit({ kind: 'agents', ids }),
      onTurn: (agent, turned, why) => log.info(`agent-${turned}`, `agent ${agent} is ${turned}${why === '' ? '' : `: ${why}`}`, { agent }),
    },
    now(),
  );
  const latest = await openLatestRounds(store, changes, (error) => troubles.set('store', String(error)));

  const credits = openCredits(tuning.backlogRoundsPerSecond);
  const queue = openCommitQueue({
    clock,
    waitMs: tuning.commitWaitMs,
    committer: {
      isFull: arrivals.isFull,
      commit(batches) {
        const incoming = batches.map((batch) => ({ ...batch, refused: batch.refusedRounds.map(({ seq }) => seq) }));
        for (const { taken, duplicates, held } of arrivals.append(incoming, now())) {
          totals.roundsTaken += taken;
          totals.roundsDuplicate += duplicates;
          totals.roundsWaiting += held;
        }
        totals.commits += 1;
        bell.ring();
      },
    },
    acknowledge: (agent, acknowledgement) => ingest.acknowledge(agent, acknowledgement),
    onTrouble: (message) => troubles.set('arrivals', message),
  });
  const ingest = openIngest({
    clock,
    queue,
    credits,
    publish,
    isKnown: registry.isKnown,
    fill: () => arrivals.bytes() / tuning.arrivalsCapBytes,
    heard: board.heard,
    status(agent, status, at) {
      board.status(agent, status, at);
      push.onStatus(agent, status);
    },
    configReport(agent, report, at) {
      board.report(agent, report, at);
      push.onReport(agent, report);
    },
    event: board.event,
    refused(agent, kind, reason) {
      registry.refused(agent, kind, reason, now(), log);
    },
  });

  const reload = async (): Promise<void> => {
    await registry.reload();
    board.setAgents(registry.agents());
    latest.keepAgents(registry.isKnown);
  };
  const serial = makeSerial();
  const agentsChanged = (): Promise<void> =>
    serial(async () => {
      await reload();
      await push.sync();
      changes.emit({ kind: 'agents', ids: registry.agents() });
    });
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
  board.setAgents(registry.agents());
  await push.sync();

  const pointsOf = makePointsOf(registry.tagsOf);
  const consumer = (name: (typeof CONSUMERS)[number], handle: Parameters<typeof runConsumer>[0]['handle']): Promise<void> =>
    runConsumer(
      { name, log: arrivals, bell, clock, handle, maxRounds: ROUNDS_AT_ONCE, onTrouble: (message) => troubles.set(name, message) },
      signal,
    );
  const loops = [
    queue.run(signal),
    consumer('store', async (batches) => {
      const stored = await writeRounds(store, batches, pointsOf);
      totals.roundsStored += stored.rounds;
      if (stored.newestEnd !== null) storeLagMs = Math.max(0, now() - stored.newestEnd);
    }),
    consumer('live', async (batches) => {
      for (const arrival of batches) if (arrival.batch.rounds.length > 0) latest.add(arrival.agent, pointsOf(arrival));
    }),
    runHousekeeping(
      {
        clock,
        tuning,
        troubles,
        tick: [
          ['arrivals', async () => void (arrivals.release(now()) > 0 && bell.ring())],
          ['control', async () => board.tick(now())],
          ['control', () => board.flush(false)],
        ],
        minute: [
          ['control', () => board.flush(true)],
          ['control', () => keepClock(state, clock)],
          ['arrivals', async () => arrivals.tidy()],
          ['clock', async () => tellClock(clock.awayMs(), troubles)],
        ],
        latest: [['broker', push.publishLatest]],
        last: [
          ['control', () => board.flush(true)],
          ['control', () => keepClock(state, clock)],
          ['arrivals', async () => arrivals.tidy()],
        ],
        retention: [
          ['store', async () => void (await store.deleteBefore(now() - tuning.retentionMs))],
          ['arrivals', async () => arrivals.pruneEpochs(now())],
          ['control', () => forgetOld(state, now() - tuning.retentionMs)],
        ],
      },
      signal,
    ),
  ];

  for (const filter of INGEST_FILTERS)
    await broker.subscribe(filter, (message) => {
      if (!signal.aborted) ingest.handle(message);
    });
  broker.onFresh(() => {
    if (!signal.aborted) push.publishAll().catch((error: unknown) => troubles.set('control', String(error)));
  });

  return {
    clock,
    fleet,
    changes,
    agents: board.list,
    latest: latest.list,
    troubles: troubles.list,
    agentsChanged,
    closed: Promise.allSettled(loops).then(() => {}),
    counters(): Counters {
      const { online, offline } = board.count();
      return {
        ...ingest.counters,
        ...totals,
        arrivalsBytes: arrivals.bytes(),
        arrivalsCapBytes: tuning.arrivalsCapBytes,
        storeLag: arrivals.last() - arrivals.position('store'),
        alertsLag: 0,
        storeLagMs,
        agentsOnline: online,
        agentsOffline: offline,
      };
    },
  };
};
