import { Acknowledgement } from '../protocol/acknowledgement.ts';
import { decode, encode, encodeText } from '../protocol/codec.ts';
import type { ConfigReport } from '../protocol/config-report.ts';
import type { LinkMessage, PublishOptions, Session, SessionOptions } from '../protocol/link.ts';
import type { Status } from '../protocol/status.ts';
import { slept } from '../protocol/time.ts';
import { parseTopic, type TopicName, topic, topicsToAgent } from '../protocol/topics.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import type { Agent } from './agent.ts';
import { ClockRequests } from './link/clock-requests.ts';
import { Wake } from './uplink/wake.ts';

/** The first exchanges of a session come close together: the best of them dates what is sent first. */
const FIRST_EXCHANGES = 4;
const BETWEEN_FIRST_MS = 250;
/** While no reply comes (the broker is there, the controller is not) it is asked this often. */
const UNANSWERED_MS = 2_000;
const GOODBYE_MS = 2_000;

/** One session's conversation: what came in, noted by handlers that never wait, and the loops that answer. */
export class Conversation {
  readonly #agent: Agent;
  readonly #clockRequests = new ClockRequests();
  readonly #reports: ConfigReport[] = [];
  readonly #commands: Uint8Array[] = [];
  readonly #commanded = new Wake();
  #exchanges = 0;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  get options(): SessionOptions {
    const { agentId } = this.#agent.deps.identity;
    return {
      will: { topic: topic(agentId, 'status'), payload: encode(offline('line-cut')) },
      subscriptions: topicsToAgent(agentId),
      onMessage: (message) => this.#take(message),
    };
  }

  /** Until the session is over: status, clock exchanges, reports; and, once the clocks are exchanged, the uplink. Never rejects. */
  async serve(session: Session, signal: AbortSignal): Promise<void> {
    const { identity, toBytes = encodeText } = this.#agent.deps;
    const publish: Publish = (name, message, options) => {
      const text = typeof message === 'string' ? message : JSON.stringify(message);
      session.publish(topic(identity.agentId, name), toBytes(text), options).catch(() => {}); // closed: the next session says it again
    };
    await Promise.all([this.#clockLoop(session, publish, signal), this.#statusLoop(publish, signal), this.#commandLoop(publish, signal)]);
    this.#agent.uplink.end();
    if (this.#agent.stopping()) await this.#goodbye(session);
  }

  #take({ topic: text, payload }: LinkMessage): void {
    const { events, timekeeper, uplink, keeper, watchdog, work, news } = this.#agent;
    const name = parseTopic(text)?.name;
    if (payload.length === 0 || name === undefined) return; // an empty retained message is a forgotten one
    if (name === 'clock/reply') {
      const sample = this.#clockRequests.reply(payload, timekeeper.steady.now());
      if (sample === null) return;
      watchdog.heard();
      this.#exchanges += 1;
      timekeeper.exchanged(sample);
    } else if (name === 'rounds/ack') {
      const ack = decode(Acknowledgement, payload);
      if (ack.ok) watchdog.heard();
      if (ack.ok) uplink.acknowledged(ack.value);
      else events.log.warn('ack-not-understood', `an acknowledgement is not understood: ${ack.reason}`);
      work.ring();
    } else if (name === 'config') {
      this.#reports.push(keeper.offer(payload));
      news.ring();
    } else if (name === 'config/latest') {
      keeper.latest(payload, timekeeper.steady.now());
    } else if (name === 'command') {
      this.#commands.push(payload);
      this.#commanded.ring();
    }
  }

  async #clockLoop(session: Session, publish: Publish, signal: AbortSignal): Promise<void> {
    const { deps, timing, timekeeper, uplink, work } = this.#agent;
    for (let asked = 1; !signal.aborted; asked += 1) {
      timekeeper.look();
      const request = this.#clockRequests.request(timekeeper.steady.now());
      session.publish(topic(deps.identity.agentId, 'clock/request'), request, { qos: 0 }).catch(() => {});
      const early = asked < FIRST_EXCHANGES;
      const waitMs = early ? BETWEEN_FIRST_MS : this.#exchanges > 0 ? timing.clockExchangeMs : UNANSWERED_MS;
      if (!(await slept(deps.clock, waitMs, signal))) return;
      // Nothing is sent before: rounds of an outage are dated between the last exchange before it and the first after it.
      if (asked >= FIRST_EXCHANGES - 1 && this.#exchanges > 0 && !uplink.sending) {
        uplink.begin((batch) => publish('rounds', batch));
        work.ring();
      }
    }
  }

  /** Status now, when there is news, and every `statusMs`. */
  async #statusLoop(publish: Publish, signal: AbortSignal): Promise<void> {
    const { deps, timing, status, news, events } = this.#agent;
    while (!signal.aborted) {
      for (const report of this.#reports.splice(0)) publish('config/report', report);
      for (const event of events.take()) publish('event', event);
      publish('status', status(), { retain: true });
      await news.wait(deps.clock, timing.statusMs, signal);
    }
  }

  /** Commands are carried out beside each other, and end with the session: nobody else hears their replies. */
  async #commandLoop(publish: Publish, signal: AbortSignal): Promise<void> {
    const { deps, desk } = this.#agent;
    while (!signal.aborted) {
      for (const payload of this.#commands.splice(0)) void desk.take(payload, (reply) => publish('command/reply', reply), signal);
      await this.#commanded.wait(deps.clock, Number.POSITIVE_INFINITY, signal);
    }
  }

  async #goodbye(session: Session): Promise<void> {
    const { clock, identity } = this.#agent.deps;
    const said = session.publish(topic(identity.agentId, 'status'), encode(offline('stopped')), { retain: true }).catch(() => {});
    await Promise.race([said, slept(clock, GOODBYE_MS, new AbortController().signal)]);
  }
}

/** A message, or its JSON. */
type Publish = (name: TopicName, message: object | string, options?: PublishOptions) => void;

const offline = (reason: 'line-cut' | 'stopped'): Status => ({ v: PROTOCOL_VERSION, state: 'offline', reason });
