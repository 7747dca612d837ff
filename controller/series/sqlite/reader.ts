// One series' rows of a tier, from wherever they lie.
import { BY_GROUP, BY_SERIES, type Chunks } from './chunks.ts';
import type { Chunk } from './codec/chunk.ts';
import { type Cut, cutChunk, cutHead, lowerBound, mergeCuts } from './cut.ts';
import type { Head } from './head.ts';
import { RAW } from './plan.ts';
import type { Known } from './series-index.ts';

export interface Reader {
  read(series: Pick<Known, 'id' | 'group'>, tier: number, from: number, to: number): Cut;
  /** Only what lies in these chunks by group. */
  readChunks(series: number, chunks: readonly Chunk[], from: number, to: number): Cut;
}

/** What is by group is newer than what is by series, and the head is the newest: later writes win. */
export const openReader = (chunks: Chunks, head: Head, sealedTo: ReadonlyMap<number, number>): Reader => {
  const readChunks: Reader['readChunks'] = (series, opened, from, to) => mergeCuts(cutsOf(series, opened, from, to));
  return {
    readChunks,
    read({ id, group }, tier, from, to) {
      if (tier === RAW && from > (sealedTo.get(id) ?? Number.NEGATIVE_INFINITY)) return cutHead(head, id, from, to);
      const bySeries = chunks.list(BY_SERIES, tier, id, from, to);
      const byGroup = chunks.list(BY_GROUP, tier, group, from, to);
      const cuts = cutsOf(
        id,
        [...bySeries, ...byGroup].map((place) => chunks.open(place.id)),
        from,
        to,
      );
      return mergeCuts(tier === RAW ? [...cuts, cutHead(head, id, from, to)] : cuts);
    },
  };
};

const cutsOf = (series: number, chunks: readonly Chunk[], from: number, to: number): Cut[] =>
  chunks.flatMap((chunk) => {
    const first = lowerBound(chunk.series, series, 0, chunk.length);
    const last = lowerBound(chunk.series, series + 1, first, chunk.length);
    const start = lowerBound(chunk.at, from, first, last);
    const end = lowerBound(chunk.at, to, start, last);
    return start < end ? [cutChunk(chunk, start, end)] : [];
  });
