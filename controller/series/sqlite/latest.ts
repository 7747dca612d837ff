// The newest point of many series, without asking the file for those that are in the head.
import type { AnswerPart } from './answer.ts';
import type { Column } from './codec/chunk.ts';
import type { Field } from './dictionary.ts';
import type { Ground } from './ground.ts';
import { RAW } from './plan.ts';
import type { Known } from './series-index.ts';
import { columnKey } from './stats.ts';

/** Series without a point are left out. */
export const newestOf = (ground: Ground, series: readonly Known[], fields: readonly Field[]): AnswerPart[] =>
  series.flatMap((known) => {
    const at = ground.newest.get(known.id);
    if (at === undefined || at < (ground.floors[RAW] ?? 0)) return [];
    const columns = at > (ground.sealedTo.get(known.id) ?? Number.NEGATIVE_INFINITY) ? fromHead(ground, known, at, fields) : null;
    return [{ ...known, at: Float64Array.of(at), columns: columns ?? fromAll(ground, known, at, fields) }];
  });

const fromAll = ({ reader }: Ground, known: Known, at: number, fields: readonly Field[]): (Column | null)[] => {
  const cut = reader.read(known, RAW, at, at + 1);
  return fields.map(({ number }) => cut.column(columnKey(number)));
};

const fromHead = ({ head }: Ground, { id }: Known, at: number, fields: readonly Field[]): (Column | null)[] => {
  const alike = head.places(id).filter((place) => head.at(place) === at);
  return fields.map(({ number, type }) => {
    for (let i = alike.length - 1; i >= 0; i -= 1) {
      const value = head.value(alike[i] ?? 0, columnKey(number));
      if (value !== null) return type === 'string' ? [String(value)] : Float64Array.of(Number(value));
    }
    return null;
  });
};
