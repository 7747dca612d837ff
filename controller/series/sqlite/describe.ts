import type { MeasurementView } from '../store.ts';

/** Enough to choose from; who has more filters by typing. */
const VALUES_SHOWN = 100;

/** What there is to ask for, by measurement, in order. */
export const describeSeries = (
  series: readonly { readonly measurement: string; readonly tags: Readonly<Record<string, string>> }[],
  fieldsOf: (measurement: string) => MeasurementView['fields'],
): MeasurementView[] =>
  [...Map.groupBy(series, ({ measurement }) => measurement)]
    .sort(([a], [b]) => compare(a, b))
    .map(([measurement, all]) => ({
      measurement,
      series: all.length,
      fields: fieldsOf(measurement).toSorted((a, b) => compare(a.field, b.field)),
      tags: tagsOf(all.map(({ tags }) => tags)),
    }));

const tagsOf = (all: readonly Readonly<Record<string, string>>[]): MeasurementView['tags'] => {
  const values = new Map<string, Set<string>>();
  for (const tags of all)
    for (const [tag, value] of Object.entries(tags)) {
      const known = values.get(tag);
      if (known === undefined) values.set(tag, new Set([value]));
      else known.add(value);
    }
  return [...values]
    .sort(([a], [b]) => compare(a, b))
    .map(([tag, known]) => ({ tag, values: [...known].sort(compare).slice(0, VALUES_SHOWN) }));
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
