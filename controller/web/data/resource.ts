import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from './api.ts';
import { onReconnect } from './live.ts';
import { who } from './session.ts';

export interface Resource<T> {
  readonly data: T | null;
  readonly error: ApiError | null;
  readonly reload: () => void;
  /** Puts in what came live. */
  readonly set: (change: (data: T) => T) => void;
}

/** What lies at a path of the API; null asks for nothing. The last answer stays while a new one is on its way, and after an error. */
export const useResource = <T>(path: string | null): Resource<T> => {
  const [state, setState] = useState<{ path: string | null; data: T | null; error: ApiError | null }>({ path, data: null, error: null });
  const running = useRef<AbortController | null>(null);
  const reload = useCallback(() => {
    running.current?.abort();
    if (path === null) return;
    const controller = new AbortController();
    running.current = controller;
    get<T>(path, controller.signal).then(
      (data) => setState({ path, data, error: null }),
      (error: unknown) => {
        if (controller.signal.aborted || !(error instanceof ApiError)) return;
        if (error.status === 401) who.value = { state: 'nobody' };
        setState((old) => ({ path, data: old.data, error }));
      },
    );
  }, [path]);
  useEffect(() => {
    reload();
    const forget = onReconnect(reload);
    return () => {
      forget();
      running.current?.abort();
    };
  }, [reload]);
  const set = useCallback(
    (change: (data: T) => T) => setState((old) => (old.data === null ? old : { ...old, data: change(old.data) })),
    [],
  );
  return { data: state.data, error: state.error, reload, set };
};

/** Rows with newer ones put in by their key; new keys come last. */
export const merged = <T>(rows: readonly T[], fresh: readonly T[], key: (row: T) => string): T[] => {
  const byKey = new Map(rows.map((row) => [key(row), row]));
  for (const row of fresh) byKey.set(key(row), row);
  return [...byKey.values()];
};
