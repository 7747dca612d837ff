// Whether an agent is there. Pure: (what we thought, what happened, when) → (what we think, what changed).

export type Presence =
  /** Enrolled, and nothing was ever heard of it. */
  | { readonly phase: 'never' }
  /** The controller has just started: what was true before it may be true still. */
  | { readonly phase: 'waiting'; readonly since: number; readonly until: number }
  | { readonly phase: 'online'; readonly since: number; readonly seenAt: number }
  | { readonly phase: 'off'; readonly since: number; readonly why: OffReason };
/** line-cut: its last will. stopped: it said goodbye. silent: nothing heard. not-back: it did not return after the controller's start. */
export type OffReason = 'line-cut' | 'stopped' | 'silent' | 'not-back';

export type PresenceEvent =
  | { readonly kind: 'online' }
  | { readonly kind: 'offline'; readonly why: 'line-cut' | 'stopped' }
  /** Any other message of the agent. */
  | { readonly kind: 'heard' }
  | { readonly kind: 'tick' };

export interface PresenceTiming {
  readonly silentAfterMs: number;
}

/** Messages that were under way when the line was cut do not bring an agent back; ones that keep coming do. */
const STRAY_MS = 5_000;

/** What is known after a start of the controller. */
export const recall = (online: boolean, since: number | null, at: number, graceMs: number): Presence => {
  if (online) return { phase: 'waiting', since: since ?? at, until: at + graceMs };
  return since === null ? { phase: 'never' } : { phase: 'off', since, why: 'line-cut' };
};

export const step = (
  presence: Presence,
  event: PresenceEvent,
  at: number,
  timing: PresenceTiming,
): { readonly presence: Presence; readonly turned?: 'online' | 'off' } => {
  switch (event.kind) {
    case 'online':
      return hear(presence, at);
    case 'heard':
      return presence.phase === 'off' && at - presence.since < STRAY_MS ? { presence } : hear(presence, at);
    case 'offline':
      return presence.phase === 'off' ? { presence } : turnOff(at, event.why);
    case 'tick':
      if (presence.phase === 'waiting' && at >= presence.until) return turnOff(at, 'not-back');
      if (presence.phase === 'online' && at - presence.seenAt >= timing.silentAfterMs) return turnOff(at, 'silent');
      return { presence };
    default:
      return event satisfies never;
  }
};

const hear = (presence: Presence, at: number): { readonly presence: Presence; readonly turned?: 'online' } => {
  if (presence.phase === 'online') return { presence: { ...presence, seenAt: Math.max(presence.seenAt, at) } };
  if (presence.phase === 'waiting') return { presence: { phase: 'online', since: presence.since, seenAt: at } };
  return { presence: { phase: 'online', since: at, seenAt: at }, turned: 'online' };
};

const turnOff = (at: number, why: OffReason): { readonly presence: Presence; readonly turned: 'off' } => ({
  presence: { phase: 'off', since: at, why },
  turned: 'off',
});
