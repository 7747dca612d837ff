// One alert's life, in event time: the ends of rounds, never the wall clock.

export type Lifecycle =
  | { readonly phase: 'inactive' }
  | { readonly phase: 'pending'; readonly since: number; readonly seenAt: number }
  | {
      readonly phase: 'firing';
      /** Breached since then; `firedAt` is when that had lasted long enough. */
      readonly since: number;
      readonly firedAt: number;
      readonly seenAt: number;
      readonly quietSince: number | null;
    };

/** What a rule's condition said of one round. No data is neither: it holds the state as it is. */
export type Reading = 'breached' | 'clear' | 'no-data';

export interface Timing {
  /** Breached this long before it fires. */
  readonly forMs: number;
  /** Clear this long before it resolves. */
  readonly keepMs: number;
  /** With a longer silence than this between two readings, neither time runs on: nobody saw what was between them. */
  readonly gapMs: number;
}
export type Transition = 'fired' | 'resolved';

/** One evaluation of one alert. Pure: same input, same output. A reading from before the last one changes nothing. */
export const step = (
  state: Lifecycle,
  reading: Reading,
  at: number,
  timing: Timing,
): { readonly state: Lifecycle; readonly transition?: Transition } => {
  if (reading === 'no-data') return { state };
  switch (state.phase) {
    case 'inactive':
      return reading === 'breached' ? breach(at, at, timing) : { state };
    case 'pending':
      if (at <= state.seenAt) return { state };
      if (reading === 'clear') return { state: { phase: 'inactive' } };
      return breach(at - state.seenAt > timing.gapMs ? at : state.since, at, timing);
    case 'firing': {
      if (at <= state.seenAt) return { state };
      if (reading === 'breached') return { state: { ...state, seenAt: at, quietSince: null } };
      const quietSince = state.quietSince === null || at - state.seenAt > timing.gapMs ? at : state.quietSince;
      return at - quietSince >= timing.keepMs
        ? { state: { phase: 'inactive' }, transition: 'resolved' }
        : { state: { ...state, seenAt: at, quietSince } };
    }
    default:
      return state satisfies never;
  }
};

const breach = (since: number, at: number, timing: Timing): { readonly state: Lifecycle; readonly transition?: Transition } =>
  at - since >= timing.forMs
    ? { state: { phase: 'firing', since, firedAt: at, seenAt: at, quietSince: null }, transition: 'fired' }
    : { state: { phase: 'pending', since, seenAt: at } };
