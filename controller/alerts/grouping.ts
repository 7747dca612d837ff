// Which cause an alert belongs to, so that one cause is one incident: the target (or the path to it), or the agent's own uplink. What the target hangs
// behind is looked at in upstream.ts. Event time only; the full verdict weighs paths too and comes on top of this.

/** How one pair looked since a moment: `bad` breached around it, `bad-before` long before it already, `fine` had a clear round that ended after it. */
export type View = 'bad' | 'bad-before' | 'fine' | 'unknown';

export interface Evidence {
  /** How the other agents see the suspect's target. */
  readonly others: readonly View[];
  /** The same agent's other targets, without loopback and grey ones, each with how the other agents see that target. */
  readonly peers: readonly { readonly view: View; readonly others: readonly View[] }[];
  /** Whether the agent has an open incident of its own. */
  readonly agentIsSuspected: boolean;
}

export type Grouping =
  | { readonly cause: 'target'; readonly why: 'seen-by-others' | 'agent-sees-others-fine' | 'nothing-to-compare' }
  | { readonly cause: 'agent'; readonly why: 'all-its-targets' | 'incident-is-open' }
  | { readonly cause: null; readonly why: 'waits-for-evidence' };

/** Half of the other agents that have an opinion see it too: then the target is bad, whoever looks. */
const OTHERS_SHARE = 0.5;
/** Nearly all that an agent measures turned bad at once: BlameIt's share (SIGCOMM 2019). */
const AGENT_SHARE = 0.8;
/** How often a peer is bad when the agent's uplink is, and when it is not. */
const PEER_BAD = { uplink: 0.8, otherwise: 0.05 };
/** Twenty to one against the uplink is enough: the peers that have not spoken yet would not turn it (Wald's sequential test). */
const ENOUGH = 1 / 20;

/**
 * The cause of one alert that fires. An agent is to blame when it sees at least two targets, and nearly all that it measures, turn
 * bad at the same moment while no majority of other agents sees them bad. While that could still come out either way and `mayWait`,
 * it waits for rounds that are still to come.
 */
export const causeOf = (evidence: Evidence, mayWait: boolean): Grouping => {
  if (seenByOthers(evidence.others)) return { cause: 'target', why: 'seen-by-others' };
  const peers = evidence.peers.filter(({ view, others }) => view !== 'bad-before' && !(view === 'bad' && seenByOthers(others)));
  const count = (view: View): number => peers.filter((peer) => peer.view === view).length;
  const [bad, fine, unknown] = [count('bad'), count('fine'), count('unknown')];

  const couldBeAgent = evidence.agentIsSuspected || (isAgentWide(bad + unknown, fine) && !speaksAgainstUplink(bad, fine));
  if (!couldBeAgent) return { cause: 'target', why: fine > 0 ? 'agent-sees-others-fine' : 'nothing-to-compare' };
  const isOpen =
    unknown > 0 || evidence.others.includes('unknown') || peers.some(({ view, others }) => view === 'bad' && others.includes('unknown'));
  if (isOpen && mayWait) return { cause: null, why: 'waits-for-evidence' };
  if (isAgentWide(bad, fine)) return { cause: 'agent', why: 'all-its-targets' };
  if (evidence.agentIsSuspected && fine === 0) return { cause: 'agent', why: 'incident-is-open' };
  return { cause: 'target', why: fine > 0 ? 'agent-sees-others-fine' : 'nothing-to-compare' };
};

/** `bad` counts the suspect's peers, without itself. */
const isAgentWide = (bad: number, fine: number): boolean => bad >= 1 && (bad + 1) / (bad + 1 + fine) >= AGENT_SHARE;

const speaksAgainstUplink = (bad: number, fine: number): boolean => {
  const { uplink, otherwise } = PEER_BAD;
  return (uplink / otherwise) ** bad * ((1 - uplink) / (1 - otherwise)) ** fine <= ENOUGH;
};

export const seenByOthers = (others: readonly View[]): boolean => {
  const bad = others.filter((view) => view === 'bad' || view === 'bad-before').length;
  const fine = others.filter((view) => view === 'fine').length;
  return bad > 0 && bad / (bad + fine) >= OTHERS_SHARE;
};
