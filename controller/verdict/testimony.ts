import { breakOff, type Witness } from './break-off.ts';
import type { Element } from './elements.ts';
import { isSuffering } from './health.ts';
import type { Setting } from './rank.ts';
import type { Event } from './refine.ts';

/** One thing that speaks for or against a suspect, in words. */
export interface Statement {
  readonly kind: 'members' | 'others' | 'agents' | 'gateway' | 'health' | 'traces' | 'ways';
  readonly supports: boolean;
  readonly text: string;
}

/** A pair counts as hit, and as clean, from this many nats on. */
const CLEAR = 2;

/** What speaks for and against one element as the cause of an event. Pure. */
export const testimony = (setting: Setting, event: Event, element: Element, witnesses: readonly Witness[]): Statement[] => {
  const { given } = setting;
  const members = [...element.passes.keys()].filter((pair) => isHeard(setting, pair));
  const hit = members.filter((pair) => (event.gains[pair] ?? 0) > CLEAR);
  const others = given.pairs.agent.flatMap((_, pair) => (!element.passes.has(pair) && isHeard(setting, pair) ? [pair] : []));
  const strays = others.filter((pair) => (event.returning[pair] ?? 0) > CLEAR + 2);
  const agents = new Set(hit.map((pair) => given.agents.id[given.pairs.agent[pair] ?? -1]));
  const sites = new Set(hit.map((pair) => given.agents.site[given.pairs.agent[pair] ?? -1]));
  const statements: Statement[] = [
    {
      kind: 'members',
      supports: hit.length * 2 > members.length,
      text: `${hit.length} of ${members.length} pairs that pass it ${harm(event)}`,
    },
  ];
  if (others.length > 0)
    statements.push({
      kind: 'others',
      supports: strays.length <= others.length / 20,
      text:
        strays.length === 0
          ? `none of the ${others.length} other pairs does`
          : `so do ${strays.length} of the ${others.length} other pairs`,
    });
  statements.push({
    kind: 'agents',
    supports: element.class === 'agent' ? agents.size === 1 : agents.size > 1,
    text: `seen from ${count(agents.size, 'agent')}${sites.size > 1 ? ` at ${sites.size} sites` : ''}`,
  });
  return [
    ...statements,
    ...gatewayOf(setting, event, element),
    ...healthOf(setting, event, element),
    ...tracesOf(setting, element, witnesses),
  ];
};

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const isHeard = ({ given }: Setting, pair: number): boolean => (given.series.sent[pair] ?? []).some((sent) => sent !== null && sent > 0);

/** What a pair suffers, in words. */
const harm = ({ loss, liftUs }: Event): string => {
  const percent = loss >= 0.1 ? (100 * loss).toFixed(0) : (100 * loss).toFixed(1);
  const lost = loss > 0 ? `lose ${percent} % of the packets beyond the usual` : null;
  const slow = liftUs > 0 ? `take ${(liftUs / 1000).toFixed(liftUs < 10_000 ? 1 : 0)} ms longer` : null;
  return [lost, slow].filter((part) => part !== null).join(' and ') || 'differ from the usual';
};

/** A first mile shows at its gateway and its resolver as well; a target's fault leaves them alone. */
const gatewayOf = (setting: Setting, event: Event, element: Element): Statement[] => {
  const { given } = setting;
  if (element.kind !== 'first-mile' && element.kind !== 'agent') return [];
  const near = [...element.passes.keys()].filter(
    (pair) => given.targets.kind[given.pairs.target[pair] ?? -1] !== 'target' && isHeard(setting, pair),
  );
  if (near.length === 0) return [];
  const bad = near.filter((pair) => (event.gains[pair] ?? 0) > CLEAR).length;
  return [{ kind: 'gateway', supports: bad > 0, text: `${bad} of ${near.length} pairs to its gateway and resolver suffer too` }];
};

const healthOf = ({ given }: Setting, event: Event, element: Element): Statement[] => {
  if (element.kind !== 'agent') return [];
  const suffered = isSuffering(given.health, given.agents.id.indexOf(element.element), event);
  return [
    {
      kind: 'health',
      supports: suffered,
      text: suffered ? 'the agent was busy or dropped packets just then' : 'the agent itself was well: not busy, nothing dropped',
    },
  ];
};

const tracesOf = (setting: Setting, element: Element, witnesses: readonly Witness[]): Statement[] => {
  if (witnesses.length === 0) return [];
  const weight = breakOff(setting, witnesses, element);
  if (Math.abs(weight) < 1) return [];
  const made = count(witnesses.length, 'trace');
  return [
    weight > 0
      ? { kind: 'traces', supports: true, text: `${made} of that time break off where it stands` }
      : { kind: 'traces', supports: false, text: `${made} of that time break off elsewhere` },
  ];
};
