import type { TagFilter } from './store.ts';

/** Series of our own agents only: what others write to us says where it came from, and may bear the names of our agents and targets. */
export const ownSeries = (tags: TagFilter = {}): Record<string, string[]> => ({
  ...Object.fromEntries(Object.entries(tags).map(([tag, values]) => [tag, [...values]])),
  origin: [''],
});
