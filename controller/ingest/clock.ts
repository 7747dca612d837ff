import { SLEW_MAX_PPM } from '../../protocol/clock-exchange.ts';
import type { Clock } from '../../protocol/time.ts';

export const SLEW_PPM = SLEW_MAX_PPM;

export interface Host {
  readonly bootId: string;
  /** How long the host has been suspended since it booted, ms: the monotonic clock stands still meanwhile. */
  suspendedMs(): number;
}
/** Where the controller's time stood, so that a restart in the same boot goes on along the same line. */
export interface Anchor {
  readonly bootId: string;
  readonly steadyMs: number;
  readonly now: number;
}
export interface ControllerClock extends Clock {
  anchor(): Anchor;
  /** The host's wall clock minus the controller's time, ms: what is still to be slewed away. */
  awayMs(): number;
}

/**
 * The controller's time: it follows the host's steady clock and is slewed towards the wall clock, never stepped, so that a step of
 * the wall clock neither bends a timestamp nor fires an alert. A new boot begins at the wall clock.
 */
export const openControllerClock = (clock: Clock, host: Host, kept: Anchor | null): ControllerClock => {
  const steady = (): number => clock.monotonic() + host.suspendedMs();
  let at = steady();
  let now = kept !== null && kept.bootId === host.bootId && at >= kept.steadyMs ? kept.now + (at - kept.steadyMs) : clock.now();
  const advance = (): number => {
    const then = steady();
    const passed = Math.max(0, then - at);
    const most = (passed * SLEW_PPM) / 1e6;
    now += passed + Math.min(most, Math.max(-most, clock.now() - (now + passed)));
    at = Math.max(at, then);
    return now;
  };
  return {
    now: advance,
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    anchor: () => ({ bootId: host.bootId, now: advance(), steadyMs: at }),
    awayMs: () => clock.now() - advance(),
  };
};
