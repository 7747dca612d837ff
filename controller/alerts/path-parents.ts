// What hangs behind what by the ways that traces have seen. Pure.

/** One trace, as an agent saw it. */
export interface SeenPath {
  readonly agent: string;
  readonly target: string;
  /** Addresses in their order, without the target; null where nobody answered. */
  readonly hops: readonly (string | null)[];
}

/**
 * Targets that lie on every way to a target: they are its parents for whoever measures it. What only some ways pass (one agent's own
 * gateway, one of equal ways) is none: the others would be muted by what they do not pass. A hop that did not answer speaks
 * neither for nor against; each agent must have seen the parent at least once. Nearest to the target first.
 */
export const parentsByPath = (
  paths: readonly SeenPath[],
  targets: readonly { readonly id: string; readonly address: string }[],
): ReadonlyMap<string, readonly string[]> => {
  const byAddress = Map.groupBy(targets, ({ address }) => address.toLowerCase());
  const passed = (path: SeenPath): ReadonlySet<string> =>
    new Set(path.hops.flatMap((hop) => (hop === null ? [] : (byAddress.get(hop.toLowerCase()) ?? []).map(({ id }) => id))));
  const found = new Map<string, readonly string[]>();
  for (const [target, ways] of Map.groupBy(paths, (path) => path.target)) {
    const seen = ways.map((way) => ({ agent: way.agent, passes: passed(way), hasGaps: way.hops.includes(null) }));
    const agents = new Set(seen.map(({ agent }) => agent));
    const isParent = (id: string): boolean =>
      id !== target &&
      seen.every(({ passes, hasGaps }) => passes.has(id) || hasGaps) &&
      [...agents].every((agent) => seen.some((way) => way.agent === agent && way.passes.has(id)));
    const isAt = (id: string, hop: string | null): boolean =>
      hop !== null && (byAddress.get(hop.toLowerCase()) ?? []).some((one) => one.id === id);
    const hopsBehind = (id: string): number =>
      Math.min(...ways.map(({ hops }) => hops.toReversed().findIndex((hop) => isAt(id, hop))).filter((behind) => behind >= 0));
    const parents = [...new Set(seen.flatMap(({ passes }) => [...passes]))]
      .filter(isParent)
      .sort((a, b) => hopsBehind(a) - hopsBehind(b) || (a < b ? -1 : 1));
    if (parents.length > 0) found.set(target, parents);
  }
  return found;
};
