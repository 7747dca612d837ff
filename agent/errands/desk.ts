// Commands as they come in: verified, carried out a few at a time, answered part after part to the session that brought them.
import { decode } from '../../protocol/codec.ts';
import { type Command, type CommandReply, FOUND_AT_ONCE } from '../../protocol/command.ts';
import { Signed } from '../../protocol/config.ts';
import type { Log } from '../../protocol/log.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import type { Held, Identity } from '../config/verify.ts';
import type { SnmpFound } from '../probes/snmp/asks.ts';
import { type ErrandDeps, runErrand } from './run.ts';
import { type Had, verifyCommand } from './verify.ts';

export interface DeskOptions extends ErrandDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Identity;
  /** The generation that the root has signed, as far as this agent has seen. */
  readonly held: () => Held;
  /** The controller's time; null before the first exchange. */
  readonly now: () => number | null;
}

/** Errands at the same time. A person waits for each; more than a few are no person's. */
const AT_ONCE = 4;

export class Desk {
  readonly #options: DeskOptions;
  readonly #openedMs: number;
  #had: Had | null = null;
  #running = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#openedMs = options.clock.monotonic();
  }

  /** A message on `command`. `reply` publishes to the session that brought it; `signal` aborts with that session. Never rejects. */
  async take(payload: Uint8Array, reply: (message: CommandReply) => void, signal: AbortSignal): Promise<void> {
    const { log, identity, held, now } = this.#options;
    const signed = decode(Signed, payload);
    const nowMs = now();
    if (!signed.ok || nowMs === null) {
      log.warn('command-refused', `a command is not carried out: ${signed.ok ? 'the time is not known yet' : signed.reason}`);
      return;
    }
    const verdict = verifyCommand(signed.value, identity, held(), this.#remembered(nowMs), nowMs);
    if (!verdict.ok) {
      log.warn('command-refused', `a command is not carried out: ${verdict.reason}: ${verdict.detail}`);
      return;
    }
    this.#had = verdict.had;
    const say = replies(verdict.command.id, reply);
    if (this.#running >= AT_ONCE) return say.end({ ok: false, reason: 'busy', detail: `${AT_ONCE} others are being carried out` });
    this.#running += 1;
    try {
      await this.#carryOut(verdict.command, say, signal);
    } finally {
      this.#running -= 1;
    }
  }

  async #carryOut(command: Command, say: Say, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    log.info('command', `${command.errand.do} for the controller`, { id: command.id });
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    void slept(clock, command.withinMs, stop).then((late) => late && over.abort(new Error('took too long')));
    const end = await runErrand(command, this.#options, say.put, stop);
    over.abort(new Error('done'));
    say.end(end);
  }

  /** What an earlier life of this agent has had is not known: nothing from before this one's beginning is taken. */
  #remembered(nowMs: number): Had {
    this.#had ??= { since: nowMs - (this.#options.clock.monotonic() - this.#openedMs), ids: new Map() };
    return this.#had;
  }
}

interface Say {
  put(found: SnmpFound): void;
  end(end: CommandReply['end']): void;
}

/** Parts of a size that a broker carries. */
const replies = (id: string, reply: (message: CommandReply) => void): Say => {
  let part = 0;
  const send = (message: Pick<CommandReply, 'variables' | 'devices' | 'end'>): void =>
    reply({ v: PROTOCOL_VERSION, id, part: part++, ...message });
  return {
    put({ variables, devices }) {
      for (let i = 0; i < Math.max(variables.length, devices.length); i += FOUND_AT_ONCE)
        send({ variables: variables.slice(i, i + FOUND_AT_ONCE), devices: devices.slice(i, i + FOUND_AT_ONCE), end: null });
    },
    end: (end) => send({ variables: [], devices: [], end }),
  };
};
