import type { Element } from './elements.ts';
import { middle } from './evidence.ts';
import type { Event } from './refine.ts';
import type { Setting } from './rank.ts';

/** What an agent's own health says about it as the cause of an event: nats for it where it suffered just then, a little against it where all was well. */
export const healthOf = ({ given }: Setting, event: Event, element: Element): number => {
  if (element.kind !== 'agent') return 0;
  const agent = given.agents.id.indexOf(element.element);
  const suffered = isSuffering(given.health, agent, event);
  return suffered ? 8 : 0;
};

type Health = Setting['given']['health'];

/** Whether an agent was busy, slow or dropping packets during an event and not before. */
export const isSuffering = (health: Health, agent: number, { profile }: Event): boolean => {
  const during: number[] = [];
  const besides: number[] = [];
  for (const round of profile.loss.keys())
    ((profile.loss[round] ?? 0) > 0 || (profile.liftUs[round] ?? 0) > 0 ? during : besides).push(round);
  const typical = (rows: Health['lag_us'], rounds: readonly number[]): number | null => {
    const values = rounds.flatMap((round) => rows[agent]?.[round] ?? []);
    return values.length === 0 ? null : middle(values);
  };
  const drops = typical(health.drops, during) ?? 0;
  const grown = (rows: Health['lag_us'], factor: number): boolean => {
    const now = typical(rows, during);
    const before = typical(rows, besides);
    return now !== null && before !== null && now > factor * before;
  };
  return drops > 0 || (grown(health.lag_us, 5) && (grown(health.bound_us, 4) || grown(health.canary_us, 4)));
};
