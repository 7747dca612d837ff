import { DRIFT } from './offset.ts';

/** At this steady time the controller's time was this, give or take the bound. */
export interface TimeNode {
  readonly steadyMs: number;
  readonly controllerMs: number;
  readonly boundMs: number;
}

/** Even while the controller's time has to be caught from ahead, one's own goes on at a twentieth: rounds stay in order and apart. */
const SLOPE_MIN = 0.05;

/** Steady to controller time: between two nodes a straight line, beyond the ends at the host's own pace. Strictly rising. null without nodes. */
export const toController = (nodes: readonly TimeNode[], steadyMs: number): { readonly atMs: number; readonly boundMs: number } | null => {
  const after = firstAfter(nodes, steadyMs);
  const left = nodes[after - 1];
  const right = nodes[after];
  if (left !== undefined && right !== undefined) {
    const share = (steadyMs - left.steadyMs) / (right.steadyMs - left.steadyMs);
    const awayMs = Math.min(steadyMs - left.steadyMs, right.steadyMs - steadyMs);
    return {
      atMs: left.controllerMs + share * (right.controllerMs - left.controllerMs),
      boundMs: Math.max(left.boundMs, right.boundMs) + DRIFT * awayMs,
    };
  }
  const only = left ?? right;
  if (only === undefined) return null;
  const awayMs = steadyMs - only.steadyMs;
  return { atMs: only.controllerMs + awayMs, boundMs: only.boundMs + DRIFT * Math.abs(awayMs) };
};

/** The nodes to append for a newly measured offset. Nothing up to the frontier (the latest moment that was stamped already) may move any more,
 * so the line bends there; a stamp given once is what the map will always say. */
export const extend = (nodes: readonly TimeNode[], frontierMs: number | null, measured: TimeNode): readonly TimeNode[] => {
  const last = nodes.at(-1);
  if (last === undefined) return [measured];
  const frozen = frontierMs !== null && frontierMs > last.steadyMs ? toController(nodes, frontierMs) : null;
  const anchor =
    frozen !== null && frontierMs !== null ? { steadyMs: frontierMs, controllerMs: frozen.atMs, boundMs: frozen.boundMs } : last;
  if (measured.steadyMs <= anchor.steadyMs) return [];
  const leastMs = anchor.controllerMs + SLOPE_MIN * (measured.steadyMs - anchor.steadyMs);
  const controllerMs = Math.max(measured.controllerMs, leastMs);
  const node = { ...measured, controllerMs, boundMs: measured.boundMs + (controllerMs - measured.controllerMs) };
  return anchor === last ? [node] : [anchor, node];
};

/** Which nodes are needed to map everything from `fromMs` on. */
export const needed = (nodes: readonly TimeNode[], fromMs: number): readonly TimeNode[] =>
  nodes.slice(Math.max(0, Math.min(firstAfter(nodes, fromMs), nodes.length) - 1));

const firstAfter = (nodes: readonly TimeNode[], steadyMs: number): number => {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const node = nodes[middle];
    if (node !== undefined && node.steadyMs <= steadyMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
