import type { AgentEvent } from '../protocol/event.ts';
import type { Log } from '../protocol/log.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';

/** More than this is not kept for an operator: the oldest go. */
const KEPT = 50;
/** The controller sees by itself whether we are connected, and what became of a configuration. */
const SEEN_ELSEWHERE = ['link-lost', 'link-failed', 'config-rejected'];

/** A log whose warnings and errors are also kept as events for the controller, until a session takes them. */
export class Events {
  readonly log: Log;
  #waiting: AgentEvent[] = [];

  /** `nowMs`: the controller's time as far as it is known. `onEvent` is called when there is one more. */
  constructor(log: Log, nowMs: () => number, onEvent: () => void) {
    const keep = (level: AgentEvent['level'], event: string, message: string): void => {
      if (SEEN_ELSEWHERE.includes(event)) return;
      const at = Math.max(0, Math.floor(nowMs()));
      const told: AgentEvent = { v: PROTOCOL_VERSION, at, level, event, message: message.slice(0, 1_000) };
      this.#waiting = [...this.#waiting, told].slice(-KEPT);
      onEvent();
    };
    this.log = {
      info: (event, message, fields) => log.info(event, message, fields),
      warn: (event, message, fields) => {
        log.warn(event, message, fields);
        keep('warning', event, message);
      },
      error: (event, message, fields) => {
        log.error(event, message, fields);
        keep('error', event, message);
      },
    };
  }

  /** Those not told yet; they count as told once taken. */
  take(): readonly AgentEvent[] {
    return this.#waiting.splice(0);
  }
}
