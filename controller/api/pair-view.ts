import type { PairView } from '../../protocol/api.ts';
import { standing } from './agent-view.ts';
import type { PairModel } from './fleet-view.ts';

export const viewPair = (pair: PairModel, now: number): PairView => {
  const { agent, stored, template, latest } = pair;
  const column = latest?.column ?? null;
  return {
    agent: agent.id,
    target: stored.target.id,
    targetName: stored.target.name,
    address: stored.target.address,
    probe: template.options.kind,
    task: pair.task,
    ...judge(pair, now),
    at: column?.at ?? null,
    intervalMs: template.intervalMs,
    medianMs: column?.rtt?.medianMs ?? null,
    p95Ms: column?.rtt?.p95Ms ?? null,
    lossRatio: column?.lossRatio ?? null,
    ipdvMeanAbsMs: column?.ipdvMeanAbsMs ?? null,
    pdvP95Ms: column?.pdvP95Ms ?? null,
    jitterRfc3550Ms: column?.jitterRfc3550Ms ?? null,
    errorBoundMs: column?.errorBoundMs ?? null,
  };
};

/** How long a pair of an agent that is on may be silent before that is "no data": two intervals, the round itself and its timeout, ms. */
export const silentAfterMs = ({ intervalMs, options }: PairModel['template']): number => 2 * intervalMs + options.timeoutMs;

/** Loss, no data and agent off are three things; so is a target that never answered anybody. Pure. */
export const judge = (pair: PairModel, now: number): Pick<PairView, 'state' | 'reason'> => {
  const { agent, latest, template } = pair;
  const { state: agentState, reason } = standing(agent);
  if (agentState === 'off' || agentState === 'revoked') return { state: 'off', reason: `the agent is off: ${reason ?? ''}` };
  if (latest === null) return judgeSilence(pair, agentState, now);
  const { column } = latest;
  if (agentState !== 'waiting' && now - column.endAt > silentAfterMs(template))
    return { state: 'no-data', reason: 'the agent is on, and no round came' };
  if (pair.firing) return { state: 'firing' };
  if (column.failed > 0) return { state: 'failed', reason: column.reason ?? 'the round gave no sample' };
  if (column.received > 0) return column.lost > 0 ? { state: 'lossy' } : { state: 'ok' };
  if (column.lossRatio === null) return { state: 'no-data', reason: 'the agent could not tell: every packet is unknown' };
  return pair.answered ? { state: 'no-reply' } : { state: 'grey', reason: 'it never answered any agent' };
};

/** Nothing was ever measured: as long as a first round may take, that is no fault. */
const judgeSilence = ({ agent, stored, template }: PairModel, agentState: string, now: number): Pick<PairView, 'state' | 'reason'> => {
  const since = Math.max(stored.updatedAt, agent.presence?.since ?? now);
  const isLate = agentState !== 'waiting' && now - since > silentAfterMs(template) + template.intervalMs;
  return isLate
    ? { state: 'no-data', reason: 'the agent is on, and no round ever came' }
    : { state: 'waiting', reason: 'the first round is still to come' };
};
