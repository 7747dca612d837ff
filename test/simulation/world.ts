import type { AgentDeps } from '../../agent/agent.ts';
import type { ControllerDeps } from '../../controller/controller.ts';
import { PING } from '../../controller/series/schema.ts';
import { openSqliteStore } from '../../controller/series/sqlite/store.ts';
import { AgentNode } from './agent-node.ts';
import { AlertWitness } from './alert-witness.ts';
import { BrokerModel } from './broker.ts';
import { Calm } from './calm.ts';
import { ControllerNode } from './controller-node.ts';
import { ControllerTime } from './controller-time.ts';
import { plan, repeat } from './faults.ts';
import { furnish } from './furnish.ts';
import { Host } from './host.ts';
import { type Failure, iso, Journal } from './journal.ts';
import { Killed, Life } from './life.ts';
import { Ledger } from './ledger.ts';
import { Line } from './line.ts';
import { type Seeded, seeded } from './random.ts';
import { makeReality, type Reality } from './reality.ts';
import { makeSigner } from './signer.ts';
import { Timeline } from './timeline.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 1);
/** No fault begins in the last part: what is still on its way has this long to arrive. */
const SETTLE_MS = 3 * HOUR;
const SETTLE_SHARE = 0.25;

export interface Options {
  readonly seed: string;
  readonly days: number;
  readonly agents: number;
  readonly echo?: boolean;
  /** How many times more often faults come than they do by themselves; 0: never. */
  readonly intensity?: number;
}

export interface Result {
  readonly seed: string;
  readonly agentDays: number;
  readonly measured: number;
  readonly stored: number;
  readonly wakes: number;
  readonly worstLagMs: number;
  readonly overtaken: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly failure: Failure | null;
  readonly lastEvents: readonly string[];
}

/** One world from its seed: agents, lines, broker, controller and store in this process, under one time line. The same options give the same world. */
export const simulate = async (options: Options): Promise<Result> => {
  const random = seeded(options.seed);
  const timeline = new Timeline(START, isKilled);
  const journal = new Journal(timeline, options.echo ?? false);
  const world = build(options, random, timeline, journal);
  const onRejection = (error: unknown): void => {
    if (!isKilled(error)) journal.fail(0, `unhandled rejection: ${error instanceof Error ? error.stack : String(error)}`);
  };
  process.on('unhandledRejection', onRejection);
  try {
    world.begin();
    await timeline.run(START + options.days * DAY);
    if (journal.failure === null) await world.finish();
  } finally {
    await new Promise((resolve) => void setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    world.close();
  }
  return {
    seed: options.seed,
    agentDays: options.days * options.agents,
    measured: world.ledger.measuredCount,
    stored: world.ledger.stored,
    wakes: timeline.wakes,
    worstLagMs: world.calm.worstLagMs,
    overtaken: world.calm.overtaken,
    counts: Object.fromEntries([...journal.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    failure: journal.failure,
    lastEvents: journal.lastEvents(),
  };
};

const build = (options: Options, random: Seeded, timeline: Timeline, journal: Journal) => {
  const reality = makeReality(options.agents);
  const time = new ControllerTime();
  const ledger = new Ledger(timeline, journal, time);
  const calm = new Calm(timeline, journal);
  const webhook = { fails: false };
  const embedded = random.fork('mode').chance(0.7);
  const broker = new BrokerModel(timeline);
  const { signer, rootKey } = makeSigner(random.fork('keys'));
  const witness = new AlertWitness({ timeline, journal, calm, reality, webhook });
  const controllerHost = new Host(timeline, random.fork('controller host'), random.between(-30, 30), 0);
  const controller = new ControllerNode(
    {
      timeline,
      journal,
      broker,
      signer,
      embedded,
      send: (request) => witness.send(request),
      written: (points) => {
        sampleTime();
        ledger.written(points);
      },
      furnish: (opened, deps: ControllerDeps) => furnish(reality, opened, deps),
      tuning: tuningOf(random.fork('tuning')),
    },
    controllerHost,
    random.fork('controller'),
  );
  const agentWorld = {
    timeline,
    journal,
    ledger,
    reality,
    broker,
    rootKey,
    spoolCapBytes: capOf(random.fork('cap')),
    wrap: (deps: AgentDeps) => deps,
  };
  const agents = reality.agents.map(({ id }) => {
    const draw = random.fork(id);
    const host = new Host(
      timeline,
      draw.fork('host'),
      draw.between(-40, 40),
      draw.chance(0.3) ? draw.between(-2, 2) * HOUR : draw.between(-50, 50),
    );
    return new AgentNode(id, agentWorld, host, new Line(timeline, draw.fork('line'), draw.between(1, 120)), draw);
  });
  ledger.onStored = (truth) => calm.stored(truth);

  const sampleTime = (): void => {
    const now = controller.now();
    if (now !== null) time.sample(timeline.now(), now);
  };
  const everyMinute = (): void => {
    sampleTime();
    calm.check(
      agents.map(({ id }) => id),
      ledger,
    );
    witness.look(controller.control, time);
    timeline.after(MINUTE, everyMinute);
  };
  return {
    ledger,
    calm,
    begin(): void {
      controller.start();
      calm.disturbFor(null, 5 * MINUTE);
      for (const [index, agent] of agents.entries()) timeline.after(2_000 + index * 137, () => agent.start());
      everyMinute();
      const until = START + options.days * DAY - Math.min(SETTLE_MS, SETTLE_SHARE * options.days * DAY);
      const { intensity = 1 } = options;
      if (intensity === 0) return;
      const within = (ms: number): number => Math.max(1, Math.min(ms, until - timeline.now()));
      plan({ timeline, journal, calm, broker, embedded, controller, agents, webhook, until, within, intensity }, random.fork('faults'));
      planOutages({ timeline, journal, reality, intensity }, random.fork('outages'), until);
    },
    async finish(): Promise<void> {
      accountFor(agents, ledger, journal, timeline.now() - 2 * MINUTE);
      const life = new Life(timeline, controllerHost, () => {});
      const series = await openSqliteStore(controller.series.mount(life)).query({
        measurement: PING,
        tags: {},
        fields: [{ field: 'error_bound_ms', aggregate: 'last' }],
        from: 0,
        to: START + 2 * options.days * DAY,
      });
      ledger.returned(series.reduce((sum, { rows }) => sum + rows.length, 0));
      witness.finish(controller.control, time);
    },
    close(): void {
      for (const disk of [controller.control, controller.arrivals, controller.series, ...agents.map((agent) => agent.disk)]) disk.close();
    },
  };
};

/** What is still missing at the end, but for the last rounds, must have been dropped from a full spool, and counted. */
const accountFor = (agents: readonly AgentNode[], ledger: Ledger, journal: Journal, until: number): void => {
  for (const agent of agents) {
    const open = [...ledger.openOf(agent.id).values()].filter((truth) => truth.endedAt < until);
    const missing = open.filter((truth) => truth.excuse === null && truth.handedAt !== null);
    journal.count('rounds not spooled yet at a kill, or in a deleted spool', open.length - missing.length);
    journal.count('rounds dropped by a full spool', missing.length);
    const [first] = missing;
    if (first !== undefined && missing.length > agent.dropped)
      journal.fail(
        1,
        `${agent.id}: ${missing.length} rounds are missing, ${agent.dropped} were counted as dropped; the first is ${first.task} of ${iso(first.startedAt)}`,
      );
  }
};

/** Commits that wait longer are fewer, and leave more time between a PUBACK and the commit. */
const tuningOf = (random: Seeded): NonNullable<ControllerDeps['tuning']> => ({
  backlogRoundsPerSecond: random.pick([2, 2, 20, 500]),
  commitWaitMs: random.pick([5, 5_000, 10_000, 10_000]),
  tickMs: 10_000,
  verdictsEveryMs: 6 * 3_600_000, // none of the promises rests on them, and they read a lot
  upkeepEveryMs: random.pick([1_200_000, 7_200_000, 21_600_000]),
  remindEveryMs: 300_000, // nothing here is muted, repeated or handed on, and each look reads all that is open
  latestEveryMs: 600_000,
});

/** A small spool now and then, so that a long outage fills it. */
const capOf = (random: Seeded): number => (random.chance(0.3) ? 256 * 1024 : 64 * 1024 * 1024);

const planOutages = (
  on: { timeline: Timeline; journal: Journal; reality: Reality; intensity: number },
  random: Seeded,
  until: number,
): void => {
  for (const target of on.reality.targets)
    repeat(on, random.fork(target.id), 0.5 * on.intensity, until, (draw) => outage(on, target.id, draw.between(2 * MINUTE, 90 * MINUTE)));
  repeat(on, random.fork('k causes'), 0.5 * on.intensity, until, (draw) => {
    const ms = draw.between(10 * MINUTE, 40 * MINUTE);
    for (const target of on.reality.targets) if (draw.chance(0.3)) outage(on, target.id, ms + draw.between(0, 60_000));
  });
};

const outage = (
  { timeline, journal, reality }: { timeline: Timeline; journal: Journal; reality: Reality },
  target: string,
  ms: number,
): void => {
  if (!reality.isUp(target, timeline.now())) return;
  reality.outages.get(target)?.push({ from: timeline.now(), to: timeline.now() + ms });
  journal.fault('target dies', `${target} for ${Math.round(ms / 1_000)} s`);
};

const isKilled = (error: unknown): boolean =>
  error instanceof Killed || (error instanceof Error && error.cause !== undefined && isKilled(error.cause));
