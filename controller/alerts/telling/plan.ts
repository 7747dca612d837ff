// Who is to be told of an incident, and when. Pure.
import type { Route } from '../../../protocol/mute.ts';
import type { Rule } from '../../../protocol/rule.ts';
import { matchesSome, type Subject } from './match.ts';

export interface Telling {
  readonly notifier: string;
  /** After the first telling; 0: at once. */
  readonly afterMs: number;
  /** 0: never again. */
  readonly repeatMs: number;
}

export interface Listeners {
  readonly routes: readonly Route[];
  /** Every notifier that there is. */
  readonly notifiers: readonly string[];
}

/** The rules' own notifiers; for rules that name none, the routes; where no route matches, everyone. Never a notifier of its own failure. */
export const planFor = (
  subject: Subject,
  rules: readonly Pick<Rule, 'notifiers'>[],
  { routes, notifiers }: Listeners,
): readonly Telling[] => {
  const named = rules.flatMap((rule) => rule.notifiers.map((notifier) => ({ notifier, afterMs: 0, repeatMs: 0 })));
  const isOpen = rules.length === 0 || rules.some((rule) => rule.notifiers.length === 0);
  const byNotifier = new Map<string, Telling>();
  for (const telling of [...named, ...(isOpen ? routed(subject, routes, notifiers) : [])]) {
    const other = byNotifier.get(telling.notifier);
    byNotifier.set(telling.notifier, other === undefined ? telling : sooner(telling, other));
  }
  return [...byNotifier.values()].filter(({ notifier }) => notifiers.includes(notifier) && subject.cause !== `notifier:${notifier}`);
};

const routed = (subject: Subject, routes: readonly Route[], everyone: readonly string[]): readonly Telling[] => {
  const found: Telling[] = [];
  let isRouted = false;
  for (const { match, steps, repeatMs, goOn } of routes) {
    if (!matchesSome(match, subject)) continue;
    isRouted = true;
    for (const { afterMs, notifiers } of steps) found.push(...notifiers.map((notifier) => ({ notifier, afterMs, repeatMs })));
    if (!goOn) break;
  }
  return isRouted ? found : everyone.map((notifier) => ({ notifier, afterMs: 0, repeatMs: 0 }));
};

/** Two ways to the same notifier: the earlier time and the shorter repetition hold. */
const sooner = (a: Telling, b: Telling): Telling => ({
  notifier: a.notifier,
  afterMs: Math.min(a.afterMs, b.afterMs),
  repeatMs: a.repeatMs === 0 || b.repeatMs === 0 ? Math.max(a.repeatMs, b.repeatMs) : Math.min(a.repeatMs, b.repeatMs),
});
