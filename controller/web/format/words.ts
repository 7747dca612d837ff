/** Whether each word of `text` occurs in one of these; `key=value` finds a label as `key:value` does. */
export const hasWords = (text: string, where: readonly (string | null | undefined)[]): boolean => {
  const all = where.join(' ').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word.replace('=', ':')));
};

/** Labels as they are searched. */
export const labelWords = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).map(([key, value]) => `${key}:${value}`);
