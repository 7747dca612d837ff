import type { AgentView, PairView } from '../../../protocol/api.ts';

// A state is a shape, a colour and a word; never one alone.

const shapes = {
  ok: ['s0', <circle cx="5" cy="5" r="4" fill="currentColor" />],
  pending: [
    's1',
    <>
      <circle cx="5" cy="5" r="3.7" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M5 1a4 4 0 0 0 0 8Z" fill="currentColor" />
    </>,
  ],
  degraded: ['s2', <path d="M5 .8 9.6 9H.4Z" fill="currentColor" />],
  firing: ['bad', <path d="M5 0 10 5 5 10 0 5Z" fill="currentColor" />],
  acknowledged: ['bad', <path d="M5 1 9 5 5 9 1 5Z" fill="none" stroke="currentColor" stroke-width="1.5" />],
  noReply: [
    's5',
    <>
      <rect x=".5" y=".5" width="9" height="9" rx="1" fill="currentColor" />
      <path d="m3 3 4 4M7 3 3 7" stroke="var(--surface)" stroke-width="1.4" />
    </>,
  ],
  noData: [
    'quiet',
    <>
      <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.4" />
      <path d="m2.4 7.6 5.2-5.2" stroke="currentColor" stroke-width="1.4" />
    </>,
  ],
  off: ['quiet', <circle cx="5" cy="5" r="3.8" fill="none" stroke="currentColor" stroke-width="1.6" />],
  silenced: ['quiet', <path d="M2.6 1v8M7.4 1v8" stroke="currentColor" stroke-width="2.2" />],
  waiting: ['quiet', <circle cx="5" cy="5" r="3.8" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="1.6 1.6" />],
  resolved: ['quiet', <path d="m1.2 5.4 2.6 2.6 5-6" fill="none" stroke="currentColor" stroke-width="1.6" />],
} as const;

export type Shape = keyof typeof shapes;

export const Glyph = ({ shape, size = 10 }: { readonly shape: Shape; readonly size?: number }) => {
  const [tone, drawing] = shapes[shape];
  return (
    <svg class={`glyph ${tone}`} width={size} height={size} viewBox="0 0 10 10" aria-hidden="true">
      {drawing}
    </svg>
  );
};

export const State = ({ shape, word, why }: { readonly shape: Shape; readonly word: string; readonly why?: string | undefined }) => (
  <span class="state">
    <Glyph shape={shape} />
    <span>{word}</span>
    {why ? <span class="why">{why}</span> : null}
  </span>
);

const agentShapes: { readonly [K in AgentView['state']]: Shape } = {
  online: 'ok',
  degraded: 'degraded',
  off: 'off',
  revoked: 'silenced',
  waiting: 'waiting',
};
export const agentShape = (state: AgentView['state']): Shape => agentShapes[state];

export const AgentStateMark = ({ agent, why }: { readonly agent: AgentView; readonly why?: string | undefined }) => (
  <State shape={agentShape(agent.state)} word={agent.state} why={why ?? agent.reason} />
);

const pairShapes: { readonly [K in PairView['state']]: readonly [Shape, string] } = {
  ok: ['ok', 'ok'],
  lossy: ['degraded', 'loses packets'],
  'no-reply': ['noReply', 'no reply'],
  'no-data': ['noData', 'no data'],
  off: ['off', 'agent off'],
  grey: ['waiting', 'never answered'],
  waiting: ['waiting', 'waiting'],
  failed: ['degraded', 'not measured'],
  firing: ['firing', 'firing'],
};
export const pairShape = (state: PairView['state']): Shape => pairShapes[state][0];
export const pairWord = (state: PairView['state']): string => pairShapes[state][1];

export const PairStateMark = ({ pair }: { readonly pair: PairView }) => (
  <State shape={pairShape(pair.state)} word={pairWord(pair.state)} why={pair.reason} />
);

/** How much attention a state wants: the least number first. */
const order: readonly PairView['state'][] = ['firing', 'no-reply', 'lossy', 'failed', 'no-data', 'off', 'grey', 'waiting', 'ok'];
export const pairUrgency = (pair: PairView): number => order.indexOf(pair.state);
