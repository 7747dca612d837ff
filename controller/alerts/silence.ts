// Series that fell silent while their agent is heard: no data, which is neither loss nor an agent that is off. Event time, by the agent's own watermark.
import { isSelected } from '../../protocol/labels.ts';
import type { Rule } from '../../protocol/rule.ts';
import type { DefinedTarget } from './definitions.ts';
import { lateAfterMs } from './evaluate.ts';
import { type Bench, isSilent, judge } from './judge.ts';
import { idOf, ownAround } from './ledger.ts';

/** Looked at so often, at round times. */
const STEP_MS = 10_000;
/** A series is late, not silent, until so many of its rounds are missing. */
const ROUNDS_MISSING = 3;

/**
 * Lets the no-data rules look at one agent whose watermark has moved on. An agent that was away itself begins anew with all of its
 * series, and so does a series that it was asked for only now.
 */
export const judgeSilence = (bench: Bench, agent: string, heard: Map<string, number>, before: number, upTo: number): void => {
  const targets = bench.definitions.targetsOf.get(agent) ?? [];
  if (upTo <= before || Math.floor(upTo / STEP_MS) === Math.floor(before / STEP_MS)) return;
  if (before === 0 || upTo - before > lateAfterMs(Math.max(0, ...targets.map(({ intervalMs }) => intervalMs)))) {
    for (const { tasks } of targets) for (const task of tasks) heard.set(task, upTo);
    return;
  }
  const labels = bench.definitions.agents.get(agent)?.labels ?? {};
  for (const target of targets)
    for (const rule of target.rules)
      if (rule.kind === 'no-data' && isSelected(rule.agents, agent, labels))
        for (const task of target.tasks) judgeSeries(bench, rule, target, { rule: rule.id, agent, task }, heard, upTo);
};

const judgeSeries = (
  bench: Bench,
  rule: Rule,
  { intervalMs }: DefinedTarget,
  key: { readonly rule: string; readonly agent: string; readonly task: string },
  heard: Map<string, number>,
  upTo: number,
): void => {
  const last = heard.get(key.task);
  if (last === undefined) {
    heard.set(key.task, upTo);
    return;
  }
  const silentMs = upTo - last;
  const isSilentNow = silentMs >= Math.max(rule.forMs, ROUNDS_MISSING * intervalMs);
  const before = bench.ledger.at(idOf(key));
  const span = { at: last, end: upTo, intervalMs };
  const said = isSilentNow
    ? ({ reading: 'breached', value: Math.round(silentMs / 1_000) } as const)
    : ({ reading: 'clear', value: null } as const);
  judge(bench, { ...rule, forMs: 0 }, { key, around: ownAround(key), silent: isSilent(rule) }, span, before, said);
};
