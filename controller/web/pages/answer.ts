import type { AgentView, IncidentView, PairView } from '../../../protocol/api.ts';
import { delayText, lossText } from '../format/quantity.ts';
import type { Node } from '../parts/chain.tsx';
import type { Shape } from '../parts/state.tsx';

// The first line of the overview: one sentence, and what each of the four places says for itself. Pure.

export interface Answer {
  readonly shape: Shape;
  readonly word: string;
  readonly sentence: string;
}

const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const inWords = (value: number): string => words[value] ?? String(value);
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const targetsOf = (pairs: readonly PairView[]): number => new Set(pairs.map((pair) => pair.target)).size;

/** What is to be said first, worst first. `pairs` come worst first too. */
export const answerOf = (pairs: readonly PairView[], agents: readonly AgentView[], incidents: readonly IncidentView[]): Answer => {
  const [incident] = incidents;
  if (incident)
    return {
      shape: incident.acknowledgedAt === null ? 'firing' : 'acknowledged',
      word: `Incident ${incident.id}`,
      sentence: incident.title,
    };
  if (agents.length === 0) return { shape: 'waiting', word: 'waiting', sentence: 'No agent is enrolled yet' };
  if (pairs.length === 0) return { shape: 'waiting', word: 'waiting', sentence: 'No target is measured yet' };
  const off = agents.filter((agent) => agent.state === 'off');
  const silent = pairs.filter((pair) => pair.state === 'no-reply');
  const lossy = pairs.filter((pair) => pair.state === 'lossy');
  const measured = pairs.filter((pair) => pair.at !== null);
  if (silent[0])
    return {
      shape: 'noReply',
      word: 'no reply',
      sentence: oneOrMany(
        silent,
        (pair) => `${pair.targetName} does not answer ${pair.agent}`,
        (n, targets) =>
          `${targets === 1 ? `${silent[0]?.targetName} does` : `${capital(inWords(targets))} targets do`} not answer, seen from ${n} pairs`,
      ),
    };
  if (lossy[0])
    return {
      shape: 'degraded',
      word: 'loses packets',
      sentence: oneOrMany(
        lossy,
        (pair) => `${pair.targetName} loses ${lossText(pair.lossRatio)} from ${pair.agent}`,
        (n) => `${n} of ${pairs.length} pairs lose packets, ${lossText(lossy[0]?.lossRatio ?? 0)} at worst`,
      ),
    };
  if (off[0])
    return {
      shape: 'off',
      word: 'off',
      sentence: off.length === 1 ? `${off[0].id} is off` : `${off.length} of ${agents.length} agents are off`,
    };
  if (measured.length === 0) return { shape: 'pending', word: 'measuring', sentence: 'The first round is on its way' };
  const grey = pairs.filter((pair) => pair.state === 'grey');
  if (grey.length > 0)
    return {
      shape: 'ok',
      word: 'measuring',
      sentence: `${capital(inWords(targetsOf(pairs) - targetsOf(grey)))} targets answer, ${inWords(targetsOf(grey))} never did`,
    };
  const targets = targetsOf(measured);
  return {
    shape: 'ok',
    word: 'measuring',
    sentence:
      targets === 1
        ? `${measured[0]?.targetName} answers; nothing is lost`
        : `${targets === 2 ? 'Both' : `All ${inWords(targets)}`} targets answer; nothing is lost`,
  };
};

const oneOrMany = (
  pairs: readonly PairView[],
  one: (pair: PairView) => string,
  many: (count: number, targets: number) => string,
): string => {
  const [first] = pairs;
  return pairs.length === 1 && first ? one(first) : many(pairs.length, targetsOf(pairs));
};

/** The four places. What cannot be judged says what it needs. */
export const chainOf = (pairs: readonly PairView[], agents: readonly AgentView[]): Node[] => {
  const noise = Math.max(...pairs.map((pair) => pair.errorBoundMs ?? 0));
  const off = agents.filter((agent) => agent.state === 'off').length;
  const gateway = pairs.find((pair) => pair.target.startsWith('gateway') && pair.at !== null);
  const answering = pairs.filter((pair) => pair.medianMs !== null);
  const silent = pairs.filter((pair) => pair.state === 'no-reply');
  return [
    off > 0 && off === agents.length
      ? { name: 'Agent', evidence: 'not connected', verdict: 'guilty' }
      : {
          name: 'Agent',
          evidence: pairs.length > 0 && Number.isFinite(noise) ? `own noise ${delayText(noise)}` : 'no round yet',
          verdict: answering.length > 0 ? 'fine' : 'unknown',
        },
    gateway
      ? {
          name: 'First mile',
          evidence: gateway.medianMs === null ? 'gateway does not answer' : `gateway in ${delayText(gateway.medianMs)}`,
          verdict: gateway.medianMs === null ? 'unknown' : 'fine',
        }
      : { name: 'First mile', evidence: 'needs the gateway as a target', verdict: 'unknown' },
    { name: 'Shared path', evidence: agents.length < 2 ? 'needs a second agent' : 'no path is traced yet', verdict: 'unknown' },
    {
      name: 'Target',
      evidence: pairs.length === 0 ? 'none yet' : `${targetsOf(answering)} of ${targetsOf(pairs)} answer`,
      verdict: silent.length === 0 && answering.length > 0 ? 'fine' : 'unknown',
    },
  ];
};
