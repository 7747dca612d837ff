import type { PairView } from '../../../protocol/api.ts';
import { now } from '../data/clock.ts';
import { useHistory } from '../data/history.ts';
import { knownUntil } from '../data/live.ts';
import { range } from '../data/location.ts';
import { type Range, spanOf } from '../data/range.ts';
import { Spark } from './spark.tsx';

/** A pair's rounds in the page's range, live, in little. */
export const PairSpark = ({
  pair,
  columns = 150,
  height,
  width,
  over,
}: {
  readonly pair: Pick<PairView, 'agent' | 'task' | 'targetName' | 'intervalMs'>;
  readonly columns?: number;
  readonly height?: number;
  readonly width?: number;
  readonly over?: Range;
}) => {
  const shown = over ?? range.value;
  const { data } = useHistory(pair.agent, pair.task, shown, columns);
  const { from, to } = spanOf(shown, now.value);
  return (
    <Spark
      label={`${pair.agent} to ${pair.targetName}`}
      columns={data?.columns ?? []}
      off={data?.off ?? []}
      from={from}
      to={to}
      intervalMs={data?.intervalMs ?? pair.intervalMs}
      bucketMs={data?.bucketMs ?? 0}
      now={knownUntil.value}
      measuredSince={data?.measuredSince ?? null}
      {...(height === undefined ? {} : { height })}
      {...(width === undefined ? {} : { width })}
    />
  );
};
