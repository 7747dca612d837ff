import type { VerdictCase } from '../../../controller/verdict/case.ts';
import { type Cause, drawCause } from './causes.ts';
import { type Dice, diceOf } from './dice.ts';
import { drawDisturbances } from './disturbances.ts';
import { type Scene, drawScene } from './scene.ts';
import { type PairBase, drawBases, drawSeries } from './series.ts';
import { type DrawnTrace, drawTraces } from './traces.ts';
import { type Truth, truthOf } from './truth.ts';

/** Whether anybody could see it: packets beyond the usual, RTTs beyond the spread, an agent's silence. */
const noticeable = (cause: Cause, others: readonly Cause[], scene: Scene, bases: readonly PairBase[], packets: number): boolean => {
  if (cause.kind === 'agent-off') return true;
  const rounds = cause.force.reduce((sum, force) => sum + force, 0);
  const drowned = [...cause.hits].filter((p) =>
    others.some(
      (other) =>
        other.hits.has(p) &&
        other.loss > 0.7 &&
        other.force.filter((force, r) => force > 0 && (cause.force[r] ?? 0) > 0).length > rounds / 2,
    ),
  );
  if (drowned.length > cause.hits.size * 0.6) return false;
  const alike = others.some((other) => other.hits.size === cause.hits.size && [...cause.hits].every((p) => other.hits.has(p)));
  if (alike || rounds < 4) return false;
  const seen = [...cause.hits].filter((p) => {
    const base = bases[p];
    if (base === undefined || base.never) return false;
    const lost = cause.loss * packets * rounds > 3 + 3 * Math.sqrt(base.loss * packets * rounds) && cause.loss > base.lossP95 * 0.7;
    return lost || cause.delayUs > 1.5 * base.spreadUs;
  });
  return seen.length >= Math.max(cause.class === 'agent' ? 1 : 2, cause.hits.size * 0.4) && scene.pairs.length > 0;
};

const drawCauses = (dice: Dice, scene: Scene, bases: readonly PairBase[], count: number, rounds: number, packets: number): Cause[] => {
  const causes: Cause[] = [];
  for (let tries = 0; causes.length < count && tries < 60; tries++) {
    const cause = drawCause(dice, scene, rounds);
    if (cause !== undefined && noticeable(cause, causes, scene, bases, packets)) causes.push(cause);
  }
  return causes;
};

/** One window with what truly happened in it; the same seed gives the same window. */
export const generateCase = (seed: number, quiet: boolean): { readonly case: VerdictCase; readonly truth: Truth } => {
  const dice = diceOf(seed);
  const name = `${quiet ? 'q' : 'i'}${seed}`;
  const scene = drawScene(dice);
  const rounds = dice.whole(20, 60);
  const packets = dice.pick([10, 20, 20, 30, 60]);
  const start = 1_793_500_000 - (1_793_500_000 % 60) + dice.whole(0, 20_000) * 60;
  const bases = drawBases(dice, scene, packets);
  const noise = drawDisturbances(dice, scene, rounds);
  const absent = new Set(noise.agents.flatMap(({ missing }, a) => (missing.some(([from, to]) => to - from >= rounds) ? [a] : [])));
  const alive = new Set(scene.pairs.flatMap(({ agent }, p) => (absent.has(agent) || bases[p]?.never ? [] : [p])));
  const wanted = quiet
    ? 0
    : dice.weighted([
        [5, 1],
        [3, 2],
        [2, 3],
      ]);
  const causes = drawCauses(dice, scene, bases, wanted, rounds, packets).filter(
    ({ hits, where }) => [...hits].some((p) => alive.has(p)) && !(where.at === 'agent' && absent.has(where.agent)),
  );
  const stale = dice.between(0.05, 0.3);
  const traces = drawTraces(dice, scene, causes, noise, rounds, stale).filter(
    ({ pair }) => !absent.has(scene.pairs[pair]?.agent ?? -1) || dice.chance(0.9),
  );
  const { series, health } = drawSeries(dice, scene, bases, causes, noise, rounds, packets);
  const agentsBand = scene.agents.length < 6 ? '2-5' : scene.agents.length < 21 ? '6-20' : '21-100';
  const truth: Truth = {
    case: name,
    quiet: causes.length === 0,
    strata: {
      faults: String(causes.length),
      agents: agentsBand,
      stale: stale < 0.1 ? '<10 %' : stale < 0.2 ? '10-20 %' : '20 % and more',
      noise: noise.names.length === 0 ? 'none' : 'some',
      quiet: noise.names,
    },
    incidents: truthOf(scene, causes, traces, alive, (round) => start + 60 * round),
  };
  return { case: { case: name, start, step: 60, rounds, ...told(scene, bases, noise.agents, traces, start), series, health }, truth };
};

/** What the controller is told of a scene: no true ways, only traces. */
const told = (
  { agents, targets, pairs, world }: Scene,
  bases: readonly PairBase[],
  noise: readonly { readonly late: readonly (readonly [number, number, number])[] }[],
  traces: readonly DrawnTrace[],
  start: number,
): Omit<VerdictCase, 'case' | 'start' | 'step' | 'rounds' | 'series' | 'health'> => {
  const seen = [...new Set(traces.flatMap(({ hops }) => hops.flatMap((hop) => hop ?? [])))].toSorted((a, b) => a - b);
  const numberOf = new Map(seen.map((router, i) => [router, i]));
  return {
    agents: {
      id: agents.map(({ id }) => id),
      site: agents.map(({ site }) => site.id),
      asn: agents.map(({ site }) => site.asn),
      upstream: agents.map(({ upstream }) => upstream),
      country: agents.map(({ site }) => site.country),
      gateway: agents.map(({ gateway }) => gateway),
      resolver: agents.map(({ resolver }) => resolver),
      late: noise.map(({ late }) => late.map(([from, to, arrived]): [number, number, number] => [from, to, arrived])),
    },
    targets: {
      id: targets.map(({ id }) => id),
      kind: targets.map(({ kind }) => kind),
      address: targets.map(({ address }) => address),
      site: targets.map(({ site }) => site),
      asn: targets.map(({ asn }) => asn),
      country: targets.map(({ country }) => country),
    },
    pairs: {
      agent: pairs.map(({ agent }) => agent),
      target: pairs.map(({ target }) => target),
      base_rtt_us: bases.map(({ rttUs, never }) => (never ? null : Math.round(rttUs))),
      base_spread_us: bases.map(({ spreadUs, never }) => (never ? null : Math.round(spreadUs))),
      base_loss: bases.map(({ loss, never }) => (never ? 1 : loss)),
      base_loss_p95: bases.map(({ lossP95, never }) => (never ? 1 : Math.min(1, lossP95))),
    },
    hops: {
      address: seen.map((router) => world.routers[router]?.address ?? ''),
      asn: seen.map((router) => (world.routers[router]?.asnKnown ? (world.routers[router]?.asn ?? null) : null)),
    },
    traces: {
      pair: traces.map(({ pair }) => pair),
      at: traces.map(({ at }) => start + at),
      hops: traces.map(({ hops }) => hops.map((hop) => (hop === null ? null : (numberOf.get(hop) ?? null)))),
      reached: traces.map(({ reached }) => reached),
    },
  };
};
