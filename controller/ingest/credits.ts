/** An agent that sent or reported a backlog this recently still has one. */
const IN_BACKLOG_MS = 30_000;
/** One agent never needs more: a day's backlog of a busy agent is drained in minutes by it. */
const MOST_AN_AGENT = 2_000;
/** From this share of the arrival log's capacity on the grants shrink; at the end of it they are nothing. */
const CALM_BELOW = 0.5;
const STOP_AT = 0.9;

/** Shares the backlog rate among those who have a backlog, so that a whole fleet coming back does not sink the controller. */
export interface Credits {
  /** The agent has sent backlog, or has said that it holds some. */
  heard(agent: string, at: number): void;
  /** Rounds a second that this agent may send in its backlog lane from now on. `fill`: how full the arrival log is, 0 to 1. */
  grant(at: number, fill: number): number;
}

export const openCredits = (roundsPerSecond: number): Credits => {
  const heardAt = new Map<string, number>();
  let countedAt = Number.NEGATIVE_INFINITY;
  return {
    heard: (agent, at) => void heardAt.set(agent, at),
    grant(at, fill) {
      if (at - countedAt > 1_000 || at < countedAt) {
        for (const [agent, last] of heardAt) if (at - last > IN_BACKLOG_MS) heardAt.delete(agent);
        countedAt = at;
      }
      return shareOf(roundsPerSecond, heardAt.size, fill);
    },
  };
};

/** Pure: an equal share, less when the log fills up, whole rounds, at least one while anything is granted. */
export const shareOf = (roundsPerSecond: number, agents: number, fill: number): number => {
  if (fill >= STOP_AT) return 0;
  const calm = fill <= CALM_BELOW ? 1 : (STOP_AT - fill) / (STOP_AT - CALM_BELOW);
  return Math.max(1, Math.min(MOST_AN_AGENT, Math.floor((roundsPerSecond * calm) / Math.max(1, agents))));
};
