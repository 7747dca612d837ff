/** What stands behind `base` in `oid`, without the dot; null when it lies elsewhere. */
export const indexIn = (base: string, oid: string): string | null =>
  oid.length > base.length + 1 && oid.charCodeAt(base.length) === DOT && oid.startsWith(base) ? oid.slice(base.length + 1) : null;

const DOT = 46;

/** Lexicographic order of OIDs or of indexes: below 0 when `a` comes first. */
export const compareOids = (a: string, b: string): number => {
  if (a === b) return 0;
  if (!a.includes('.') && !b.includes('.')) return Number(a) - Number(b);
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};
