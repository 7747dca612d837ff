// Commands to agents: signed, for one agent, once, and soon or never. What they find comes back part after part.
import { encode } from '../../protocol/codec.ts';
import { type Command, COMMAND_CAPABILITY, type CommandEnd, type CommandReply, type Errand } from '../../protocol/command.ts';
import type { PublishOptions } from '../../protocol/link.ts';
import type { Parsed } from '../../protocol/labels.ts';
import type { Random } from '../../protocol/random.ts';
import { seal, sealingContext } from '../../protocol/sealing.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { topic } from '../../protocol/topics.ts';
import type { AgentPresence } from './board.ts';
import type { ConfigSigner } from './signer.ts';

/** One part of what a command found; the last one has `end`. */
export type Part = Pick<CommandReply, 'variables' | 'devices' | 'end'>;

export interface CommandOrder {
  readonly agent: string;
  /** The agent's sealing key, as enrolled. */
  readonly sealingKey: string;
  /** What the errand needs that nobody may see; null for none. */
  readonly secrets: object | null;
  readonly errand: Errand;
  readonly withinMs: number;
}

export interface Commands {
  /** Sends it at once. Not ok: the agent cannot be asked, in words for a person. The parts end with one that has `end`, whatever happens;
   * aborting the signal ends the listening (the agent stops by itself after `withinMs`). */
  send(order: CommandOrder, signal: AbortSignal): Parsed<AsyncIterable<Part>>;
  /** What an agent says. Replies to what was not asked, or asked of another, are dropped. */
  reply(agent: string, reply: CommandReply): void;
}

export interface CommandsOptions {
  readonly signer: ConfigSigner;
  readonly random: Random;
  /** The controller's own time. */
  readonly clock: Clock;
  readonly publish: (topic: string, payload: Uint8Array, options?: PublishOptions) => void;
  readonly presence: (agent: string) => Pick<AgentPresence, 'online' | 'status'> | undefined;
}

/** An agent that has not begun by then does not begin. */
const BEGIN_WITHIN_MS = 20_000;
/** After its own end the last reply may be on its way this long. */
const LAST_WORD_MS = 5_000;
const ID_BYTES = 16;

interface Open {
  readonly agent: string;
  readonly parts: Part[];
  next: number;
  wake: () => void;
}

export const openCommands = ({ signer, random, clock, publish, presence }: CommandsOptions): Commands => {
  const open = new Map<string, Open>();

  const why = (agent: string): string | null => {
    const known = presence(agent);
    if (known?.online !== true || known.status === null) return `agent ${agent} is not connected: it cannot be asked now`;
    return known.status.capabilities.includes(COMMAND_CAPABILITY) ? null : `agent ${agent} is too old to be asked: upgrade it`;
  };
  const sign = (id: string, { agent, sealingKey, secrets, errand, withinMs }: CommandOrder): Uint8Array => {
    const at = Math.floor(clock.now());
    const sealed = secrets === null ? '' : seal(sealingKey, sealingContext(agent, id), JSON.stringify(secrets));
    const command: Command = {
      kind: 'command',
      agent,
      generation: signer.generation(),
      id,
      at,
      beginBefore: at + BEGIN_WITHIN_MS,
      withinMs,
      errand: { ...errand, sealed },
    };
    return encode(JSON.parse(signer.sign(command)));
  };
  async function* listen(id: string, asked: Open, untilMs: number, signal: AbortSignal): AsyncGenerator<Part> {
    const timer = new AbortController();
    const stop = AbortSignal.any([signal, timer.signal]);
    const wake = (): void => asked.wake();
    stop.addEventListener('abort', wake);
    let late = false;
    void slept(clock, untilMs, stop).then((over) => {
      late = over;
      wake();
    });
    try {
      while (!signal.aborted) {
        const part = asked.parts.shift();
        if (part !== undefined) {
          yield part;
          if (part.end !== null) return;
        } else if (late)
          return yield ending({ ok: false, reason: 'no-answer', detail: `agent ${asked.agent} has not answered to the end` });
        else await new Promise<void>((resolve) => (asked.wake = resolve));
      }
    } finally {
      open.delete(id);
      timer.abort();
    }
  }

  return {
    send(order, signal) {
      const reason = why(order.agent);
      if (reason !== null) return { ok: false, reason };
      const id = random.hex(ID_BYTES);
      let message: Uint8Array;
      try {
        message = sign(id, order);
      } catch {
        return { ok: false, reason: `agent ${order.agent} enrolled with a key that nothing can be sealed to: register it again` };
      }
      const asked: Open = { agent: order.agent, parts: [], next: 0, wake: () => undefined };
      open.set(id, asked);
      publish(topic(order.agent, 'command'), message);
      return { ok: true, value: listen(id, asked, BEGIN_WITHIN_MS + order.withinMs + LAST_WORD_MS, signal) };
    },
    reply(agent, { id, part, variables, devices, end }) {
      const asked = open.get(id);
      if (asked === undefined || asked.agent !== agent || part < asked.next) return; // late, a stranger's, or a second time
      const isMissing = part > asked.next;
      asked.next = part + 1;
      asked.parts.push(
        isMissing
          ? ending({ ok: false, reason: 'incomplete', detail: 'a part of the answer was lost: ask again' })
          : { variables, devices, end },
      );
      asked.wake();
    },
  };
};

const ending = (end: CommandEnd): Part => ({ variables: [], devices: [], end });
