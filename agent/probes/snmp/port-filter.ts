import type { PortFilter } from '../../../protocol/probes/snmp.ts';

/** Whether a port is one that the operator wants to follow. Pure. */
export const isFollowed = (
  filter: PortFilter,
  port: { readonly name: string; readonly descr: string; readonly alias: string; readonly type: number; readonly admin: number },
): boolean => {
  const isNamed = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => matches(pattern, port.name) || matches(pattern, port.descr));
  if (filter.names.length > 0 && !isNamed(filter.names)) return false;
  if (isNamed(filter.notNames)) return false;
  if (filter.aliases.length > 0 && !filter.aliases.some((pattern) => matches(pattern, port.alias))) return false;
  if (filter.types.length > 0 && !filter.types.includes(port.type)) return false;
  if (filter.notTypes.includes(port.type)) return false;
  return !filter.adminUp || port.admin === 1;
};

/** Patterns with * and ?, walked without backtracking further than the last star: no pattern can hold the process up. */
export const matches = (pattern: string, text: string): boolean => {
  const p = pattern.toLowerCase();
  const s = text.toLowerCase();
  let [i, j, star, mark] = [0, 0, -1, 0];
  while (i < s.length) {
    if (j < p.length && p[j] === '*') {
      star = j;
      mark = i;
      j += 1;
    } else if (j < p.length && (p[j] === '?' || p[j] === s[i])) {
      i += 1;
      j += 1;
    } else if (star >= 0) {
      j = star + 1;
      mark += 1;
      i = mark;
    } else return false;
  }
  while (p[j] === '*') j += 1;
  return j === p.length;
};
