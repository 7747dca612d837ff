/** A queue with one reader: what was put in comes out in order; ends when the signal aborts. Holds a bounded number, the oldest go. */
export interface Inbox<T> {
  put(value: T): void;
  read(signal: AbortSignal): AsyncGenerator<T, void, undefined>;
}

export const makeInbox = <T>(capacity: number): Inbox<T> => {
  const values: T[] = [];
  let wake: () => void = () => undefined;
  return {
    put: (value) => {
      values.push(value);
      if (values.length > capacity) values.shift();
      wake();
    },
    read: async function* (signal) {
      const onAbort = (): void => wake();
      signal.addEventListener('abort', onAbort);
      try {
        while (!signal.aborted) {
          const value = values.shift();
          if (value !== undefined) yield value;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
};
