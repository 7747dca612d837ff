// The newest point of many series, packed as it is found: those that are in the head without asking the file.
import type { PackedAnswer } from './answer.ts';
import type { Field } from './dictionary.ts';
import type { Ground } from './ground.ts';
import { RAW } from './plan.ts';
import type { Known } from './series-index.ts';
import { columnKey } from './stats.ts';

/** Series without a point are left out. `told` are the series whose tags the other side knows. */
export const newestOf = (ground: Ground, series: readonly Known[], fields: readonly Field[], told: Set<number>): PackedAnswer => {
  const floor = ground.floors[RAW] ?? 0;
  const ids: number[] = [];
  const fresh: Known[] = [];
  const texts: string[] = [];
  const places = new Map<string, number>();
  const numbers = new Float64Array(series.length * (1 + fields.length)).fill(Number.NaN);
  let next = 0;
  for (const known of series) {
    const at = ground.newest.get(known.id);
    if (at === undefined || at < floor) continue;
    ids.push(known.id);
    if (!told.has(known.id)) fresh.push(known);
    numbers[next] = at;
    const read =
      at > (ground.sealedTo.get(known.id) ?? Number.NEGATIVE_INFINITY) ? fromHead(ground, known, at) : fromAll(ground, known, at);
    for (const [i, { number }] of fields.entries()) {
      const value = read(columnKey(number));
      if (value === null) continue;
      numbers[next + 1 + i] = typeof value === 'number' ? value : placeOf(value, texts, places);
    }
    next += 1 + fields.length;
  }
  for (const { id } of fresh) told.add(id);
  return { ids, fresh, types: fields.map(({ type }) => type), lengths: ids.map(() => 1), numbers: numbers.slice(0, next), texts };
};

type Read = (key: number) => number | string | null;

const fromAll = ({ reader }: Ground, known: Known, at: number): Read => {
  const cut = reader.read(known, RAW, at, at + 1);
  return (key) => {
    const value = cut.column(key)?.[0] ?? null;
    return value === null || Number.isNaN(value) ? null : value;
  };
};

/** What came last is mostly the newest, and the only one of its time. */
const fromHead = ({ head }: Ground, { id }: Known, at: number): Read => {
  const all = head.places(id);
  const alike = all.filter((place) => head.at(place) === at);
  return (key) => {
    for (let i = alike.length - 1; i >= 0; i -= 1) {
      const value = head.value(alike[i] ?? 0, key);
      if (value !== null) return value;
    }
    return null;
  };
};

const placeOf = (text: string, texts: string[], places: Map<string, number>): number => {
  const known = places.get(text);
  if (known !== undefined) return known;
  places.set(text, texts.length);
  texts.push(text);
  return texts.length - 1;
};
