import { useEffect, useState } from 'preact/hooks';
import type { PairHistory } from '../../../protocol/api.ts';
import { withColumns } from '../charts/smoke.ts';
import { ApiError, get, pairPath } from './api.ts';
import { after, serverNow } from './clock.ts';
import { onReconnect, subscribe } from './live.ts';
import { type Range, spanOf } from './range.ts';

export interface History {
  readonly data: PairHistory | null;
  readonly error: ApiError | null;
  /** Rounds that came since, while the range stands still. */
  readonly fresh: number;
  readonly reload: () => void;
}

/** The rounds of one pair in a range, at most `columns` of them; a range that runs with the time grows as rounds come. */
export const useHistory = (agent: string, task: string, range: Range, columns: number): History => {
  const [state, setState] = useState<{ data: PairHistory | null; error: ApiError | null; fresh: number }>({
    data: null,
    error: null,
    fresh: 0,
  });
  const [turn, setTurn] = useState(0);
  const reload = (): void => setTurn((value) => value + 1);
  const key = JSON.stringify(range);
  useEffect(() => {
    const controller = new AbortController();
    let cancel = (): void => undefined;
    const fetchAgain = (): void => {
      const { from, to } = spanOf(range, serverNow());
      const before = Math.max(30_000, ((to - from) / columns) * 2); // the column that the left edge cuts
      const path = `/pairs/${pairPath(agent, task)}/history?from=${Math.round(from - before)}&to=${Math.round(to)}&columns=${Math.max(1, Math.min(2000, Math.floor(columns)))}`;
      get<PairHistory>(path, controller.signal).then(
        (data) => {
          setState({ data, error: null, fresh: 0 });
          if (range.kind === 'last' && data.bucketMs > 0) cancel = after(Math.max(5000, data.bucketMs), fetchAgain);
        },
        (error: unknown) => {
          if (error instanceof ApiError && !controller.signal.aborted) setState((old) => ({ ...old, error }));
        },
      );
    };
    fetchAgain();
    const forget = onReconnect(fetchAgain);
    const leave = subscribe(`pair:${agent}:${task}`, (event) => {
      if (event.type !== 'rounds') return;
      setState((old) => {
        if (range.kind === 'fixed') return { ...old, fresh: old.fresh + event.columns.length };
        if (!old.data || old.data.bucketMs > 0) return old;
        const kept = withColumns(old.data.columns, event.columns, serverNow() - range.ms - 30_000);
        return { ...old, data: { ...old.data, columns: kept, measuredSince: old.data.measuredSince ?? kept[0]?.at ?? null } };
      });
    });
    return () => {
      controller.abort();
      cancel();
      forget();
      leave();
    };
  }, [agent, task, key, columns, turn]);
  return { ...state, reload };
};
