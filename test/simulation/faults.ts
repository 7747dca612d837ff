import type { AgentNode } from './agent-node.ts';
import type { Calm } from './calm.ts';
import type { BrokerModel } from './broker.ts';
import type { ControllerNode } from './controller-node.ts';
import type { Journal } from './journal.ts';
import { FAIR } from './line.ts';
import type { Seeded } from './random.ts';
import type { Timeline } from './timeline.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface FaultTargets {
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly calm: Calm;
  readonly broker: BrokerModel;
  readonly embedded: boolean;
  readonly controller: ControllerNode;
  readonly agents: readonly AgentNode[];
  /** No fault outlasts this. */
  readonly until: number;
  within(ms: number): number;
  /** Times `perDay`. */
  readonly intensity: number;
  /** How the webhook answers. */
  readonly webhook: { fails: boolean };
}

interface Fault<T> {
  readonly kind: string;
  /** How often it comes, to each of them. */
  readonly perDay: number;
  begin(on: FaultTargets, random: Seeded, whom: T): void;
}

/** Every fault comes as a Poisson process of its own, until `until`. */
export const plan = (on: FaultTargets, random: Seeded): void => {
  const { until } = on;
  for (const agent of on.agents)
    for (const fault of AGENT_FAULTS)
      repeat(on, random.fork(`${agent.id} ${fault.kind}`), fault.perDay * on.intensity, until, (draw) => fault.begin(on, draw, agent));
  for (const fault of CONTROLLER_FAULTS)
    repeat(on, random.fork(fault.kind), fault.perDay * on.intensity, until, (draw) => fault.begin(on, draw, on.controller));
  if (!on.embedded)
    for (const fault of BROKER_FAULTS)
      repeat(on, random.fork(fault.kind), fault.perDay * on.intensity, until, (draw) => fault.begin(on, draw, on.controller));
};

export const repeat = (
  on: Pick<FaultTargets, 'timeline'>,
  random: Seeded,
  perDay: number,
  until: number,
  begin: (random: Seeded) => void,
): void => {
  const next = on.timeline.now() + random.exponential(DAY / perDay);
  if (next >= until) return;
  on.timeline.at(next, () => {
    begin(random);
    repeat(on, random, perDay, until, begin);
  });
};

const agentFault = (kind: string, perDay: number, begin: Fault<AgentNode>['begin']): Fault<AgentNode> => ({
  kind,
  perDay,
  begin(on, random, agent) {
    if (agent.host.suspended || !agent.powered) return;
    on.journal.fault(kind, agent.id);
    begin(on, random, agent);
  },
});
const controllerFault = (kind: string, perDay: number, begin: Fault<ControllerNode>['begin']): Fault<ControllerNode> => ({
  kind,
  perDay,
  begin(on, random, controller) {
    on.journal.fault(kind, '');
    begin(on, random, controller);
  },
});

const AGENT_FAULTS: readonly Fault<AgentNode>[] = [
  agentFault('agent killed', 4, (on, random, agent) => {
    const restartMs = on.within(random.between(100, 30 * SECOND));
    agent.kill(random.integer(1, 60), restartMs);
    on.calm.disturbFor(agent.id, restartMs + 3 * MINUTE);
  }),
  agentFault('agent stopped', 1, (on, random, agent) => {
    const restartMs = on.within(random.between(100, 10 * MINUTE));
    agent.stop(restartMs);
    on.calm.disturbFor(agent.id, restartMs + MINUTE);
  }),
  agentFault('agent dies', 0.3, (on, random, agent) => {
    const awayMs = on.within(random.between(5 * MINUTE, 2 * HOUR));
    agent.kill(1, awayMs);
    on.calm.disturbFor(agent.id, awayMs + 3 * MINUTE);
  }),
  agentFault('power cut', 0.7, (on, random, agent) => {
    const awayMs = on.within(random.between(20 * SECOND, 15 * MINUTE));
    agent.powerCut(awayMs);
    on.calm.disturbFor(agent.id, awayMs);
  }),
  agentFault('host suspended', 1.5, (on, random, agent) => {
    const awayMs = on.within(
      random.pick([random.between(SECOND, 25 * SECOND), random.between(30 * SECOND, 10 * MINUTE), random.between(10 * MINUTE, 3 * HOUR)]),
    );
    agent.host.suspend();
    if (awayMs > 30 * SECOND) on.broker.cut(agent.id, true);
    on.calm.disturbFor(agent.id, awayMs + MINUTE);
    on.timeline.after(awayMs, () => {
      agent.host.resume();
      agent.start();
    });
  }),
  agentFault('wall clock of an agent jumps', 1, (_, random, agent) => agent.host.jumpWall(jump(random))),
  agentFault('line cut', 6, (on, _, agent) => {
    on.broker.cut(agent.id, false);
    on.calm.disturbFor(agent.id, SECOND);
  }),
  agentFault('line stalls', 6, (on, random, agent) => {
    const ms = on.within(random.between(SECOND, 12 * SECOND));
    agent.line.stall(on.timeline.now() + ms);
    on.calm.disturbFor(agent.id, ms);
  }),
  agentFault('line half open', 3, (on, random, agent) => blackHole(on, agent, on.within(random.between(31 * SECOND, 10 * MINUTE)))),
  agentFault('long outage', 0.25, (on, random, agent) => blackHole(on, agent, on.within(random.between(HOUR, 8 * HOUR)))),
  agentFault('bad weather', 1, (on, random, agent) => {
    const ms = on.within(random.between(10 * MINUTE, 2 * HOUR));
    const p = random.between(0.01, 0.25);
    agent.line.weather = { lose: p, double: p, late: p / 4 };
    on.calm.disturbFor(agent.id, ms + MINUTE);
    on.timeline.after(ms, () => void (agent.line.weather = FAIR));
  }),
  agentFault('spool full', 0.3, (on, random, agent) => {
    const ms = on.within(random.between(5 * MINUTE, 3 * HOUR));
    agent.setFull(true);
    on.calm.disturbFor(agent.id, ms + MINUTE);
    on.timeline.after(ms, () => agent.setFull(false));
  }),
  agentFault('spool deleted', 0.15, (on, random, agent) => {
    agent.killNow();
    agent.deleteSpool();
    const awayMs = on.within(random.between(SECOND, MINUTE));
    on.calm.disturbFor(agent.id, awayMs + MINUTE);
    on.timeline.after(awayMs, () => agent.start());
  }),
];

const CONTROLLER_FAULTS: readonly Fault<ControllerNode>[] = [
  controllerFault('controller killed', 6, (on, random, controller) => {
    const restartMs = on.within(random.between(500, MINUTE));
    controller.kill(random.integer(1, 300), restartMs);
    on.calm.disturbFor(null, restartMs + 3 * MINUTE);
  }),
  controllerFault('controller stopped', 1, (on, random, controller) => {
    const restartMs = on.within(random.between(500, MINUTE));
    controller.stop(restartMs);
    on.calm.disturbFor(null, restartMs + MINUTE);
  }),
  controllerFault('controller away', 0.4, (on, random, controller) => {
    const awayMs = on.within(random.between(HOUR, 6 * HOUR));
    controller.kill(1, awayMs);
    on.calm.disturbFor(null, awayMs + 3 * MINUTE);
  }),
  controllerFault('wall clock of the controller jumps', 1, (on, random, controller) => {
    const ms = jump(random);
    controller.host.jumpWall(ms);
    on.timeline.after(on.within(random.between(MINUTE, HOUR)), () => controller.host.jumpWall(-ms));
  }),
  controllerFault('store slow', 1, (on, random, controller) => {
    const ms = on.within(random.between(10 * MINUTE, HOUR));
    controller.storeWeather.slowMs = random.between(100, 30 * SECOND);
    const over = on.calm.disturb(null);
    on.timeline.after(ms, () => {
      controller.storeWeather.slowMs = 0;
      over();
    });
  }),
  controllerFault('store fails', 1, (on, random, controller) => {
    const ms = on.within(random.between(MINUTE, HOUR));
    controller.storeWeather.fail = random.pick([0.1, 0.5, 1]);
    on.calm.disturbFor(null, ms + 2 * MINUTE);
    on.timeline.after(ms, () => void (controller.storeWeather.fail = 0));
  }),
  controllerFault('webhook fails', 3, (on, random) => {
    on.webhook.fails = true;
    on.timeline.after(on.within(random.between(MINUTE, HOUR)), () => void (on.webhook.fails = false));
  }),
];

const BROKER_FAULTS: readonly Fault<ControllerNode>[] = [
  controllerFault('broker killed', 2, (on, random) => {
    const awayMs = on.within(random.between(SECOND, 5 * MINUTE));
    on.broker.kill();
    on.calm.disturbFor(null, awayMs + MINUTE);
    on.timeline.after(awayMs, () => on.broker.start());
  }),
  controllerFault("controller's line to the broker cut", 3, (on, random) => {
    const awayMs = on.within(random.between(SECOND, 10 * MINUTE));
    on.broker.linkController(false);
    on.calm.disturbFor(null, awayMs + MINUTE);
    on.timeline.after(awayMs, () => on.broker.linkController(true));
  }),
];

const blackHole = (on: FaultTargets, agent: AgentNode, ms: number): void => {
  agent.line.black(on.timeline.now() + ms);
  on.broker.cut(agent.id, true);
  on.calm.disturbFor(agent.id, ms);
};

const jump = (random: Seeded): number => (random.chance(0.5) ? 1 : -1) * (random.chance(0.5) ? HOUR : random.between(SECOND, HOUR));
