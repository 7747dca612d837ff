/** When a task's rounds start within its interval, ms in [0, intervalMs): the same for ever, and spread evenly over a fleet and its tasks. */
export const phaseOf = (agentId: string, taskId: string, intervalMs: number): number =>
  (hash(`${agentId} ${taskId}`) / 2 ** 32) * intervalMs;

/** FNV-1a with the finaliser of MurmurHash3: names that differ in one digit must not be neighbours. */
const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};
