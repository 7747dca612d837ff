// What comes from the agents: one handler a kind of message. Nobody waits here; rounds go to the commit queue and are answered after it.
import type { ZodType } from 'zod';
import type { Acknowledgement } from '../../protocol/acknowledgement.ts';
import { type ClockReply, ClockRequest } from '../../protocol/clock-exchange.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { CommandReply } from '../../protocol/command.ts';
import { ConfigReport } from '../../protocol/config-report.ts';
import { AgentEvent } from '../../protocol/event.ts';
import type { LinkMessage, PublishOptions } from '../../protocol/link.ts';
import { Status } from '../../protocol/status.ts';
import type { Clock } from '../../protocol/time.ts';
import { everyAgentsTopic, parseTopic, TOPICS, type TopicName, topic } from '../../protocol/topics.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { parseBatch, roundsFromFuture } from './batch.ts';
import type { CommitQueue } from './commit.ts';
import type { Credits } from './credits.ts';

type AgentTopic = { [N in TopicName]: (typeof TOPICS)[N]['from'] extends 'agent' ? N : never }[TopicName];

export interface IngestOptions {
  /** The controller's own time. */
  readonly clock: Clock;
  readonly queue: CommitQueue;
  readonly credits: Credits;
  readonly publish: (topic: string, payload: Uint8Array, options?: PublishOptions) => void;
  /** True for an agent that is enrolled and not revoked. */
  readonly isKnown: (agent: string) => boolean;
  /** How full the arrival log is, 0 to 1. */
  readonly fill: () => number;
  /** Any good message: the agent lives. */
  readonly heard: (agent: string, at: number) => void;
  readonly status: (agent: string, status: Status, at: number) => void;
  readonly configReport: (agent: string, report: ConfigReport, at: number) => void;
  readonly event: (agent: string, event: AgentEvent, at: number) => void;
  readonly commandReply: (agent: string, reply: CommandReply) => void;
  /** A message that could not be read, or from nobody; `agent` is '' when the topic names none. */
  readonly refused: (agent: string, kind: string, reason: string) => void;
}

export interface IngestCounters {
  batches: number;
  batchesDropped: number;
  roundsRefused: number;
  messagesRefused: number;
  bytesReceived: number;
}

export interface Ingest {
  handle(message: LinkMessage): void;
  acknowledge(agent: string, acknowledgement: Omit<Acknowledgement, 'backlogPerSecond'>): void;
  readonly counters: Readonly<IngestCounters>;
}

/** The filters to subscribe to: what agents send. */
export const INGEST_FILTERS: readonly string[] = (Object.keys(TOPICS) as TopicName[]) // Border: Object.keys forgets the keys' type.
  .filter((name) => TOPICS[name].from === 'agent')
  .map(everyAgentsTopic);

export const openIngest = (options: IngestOptions): Ingest => {
  const { clock, queue, credits } = options;
  const counters: IngestCounters = { batches: 0, batchesDropped: 0, roundsRefused: 0, messagesRefused: 0, bytesReceived: 0 };

  const refuse = (agent: string, kind: string, reason: string): void => {
    counters.messagesRefused++;
    options.refused(agent, kind, reason);
  };
  /** Decodes with the kind's schema and hands over; the one place that answers for what cannot be read. */
  const read =
    <T>(kind: AgentTopic, schema: ZodType<T>, handle: (agent: string, message: T, at: number) => void) =>
    (agent: string, payload: Uint8Array, at: number): void => {
      const message = decode(schema, payload, MESSAGE_MAX_BYTES);
      if (!message.ok) return refuse(agent, kind, message.reason);
      handle(agent, message.value, at);
    };

  const onRounds = (agent: string, body: Uint8Array, at: number): void => {
    // Before it is read: a flood of what cannot be taken must not take the time for the rest.
    if (!queue.hasRoom(body.length)) {
      counters.batchesDropped++;
      return;
    }
    const parsed = parseBatch(body);
    if (!parsed.ok) return refuse(agent, 'rounds', parsed.reason);
    const { batch, refused } = parsed.value;
    for (const { seq, reason } of refused) options.refused(agent, 'rounds', `round ${seq} of epoch ${batch.epoch}: ${reason}`);
    counters.roundsRefused += refused.length;
    counters.batches++;
    if (batch.lane === 'backlog') credits.heard(agent, at);
    const held = roundsFromFuture(batch.rounds, at);
    queue.push({ agent, batch, body, held, refusedRounds: refused });
  };
  const onClockRequest = (agent: string, request: ClockRequest, at: number): void => {
    const reply: ClockReply = { v: PROTOCOL_VERSION, t1: request.t1, t2: at, t3: clock.now() };
    options.publish(topic(agent, 'clock/reply'), encode(reply), { qos: 0 });
  };
  const onStatus = (agent: string, status: Status, at: number): void => {
    if (status.state === 'online' && status.spool.rounds > BACKLOG_ROUNDS) credits.heard(agent, at);
    options.status(agent, status, at);
  };

  const handlers: { readonly [K in AgentTopic]: (agent: string, payload: Uint8Array, at: number) => void } = {
    rounds: onRounds,
    status: read('status', Status, onStatus),
    'clock/request': read('clock/request', ClockRequest, onClockRequest),
    'config/report': read('config/report', ConfigReport, options.configReport),
    event: read('event', AgentEvent, options.event),
    'command/reply': read('command/reply', CommandReply, options.commandReply),
  };

  return {
    handle({ topic: name, payload }) {
      const at = clock.now();
      const parsed = parseTopic(name);
      if (parsed === null || !isAgentTopic(parsed.name)) return refuse('', 'topic', `${name.slice(0, 200)} is not a topic of an agent`);
      if (payload.length === 0 && TOPICS[parsed.name].retained) return; // a retained message that was cleared
      counters.bytesReceived += payload.length;
      if (!options.isKnown(parsed.agentId)) return refuse(parsed.agentId, parsed.name, 'not an enrolled agent, or a revoked one');
      if (parsed.name !== 'status') options.heard(parsed.agentId, at);
      handlers[parsed.name](parsed.agentId, payload, at);
    },
    acknowledge(agent, acknowledgement) {
      const backlogPerSecond = credits.grant(clock.now(), options.fill());
      // QoS 0: what is not acknowledged is sent again and answered again, so the broker need not confirm each answer to us.
      options.publish(topic(agent, 'rounds/ack'), encode({ ...acknowledgement, backlogPerSecond } satisfies Acknowledgement), { qos: 0 });
    },
    counters,
  };
};

/** Every message but a batch is small. */
const MESSAGE_MAX_BYTES = 256 * 1024;
/** More than this in the spool is a backlog, not what waits for its acknowledgement. */
const BACKLOG_ROUNDS = 2_000;

const isAgentTopic = (name: TopicName): name is AgentTopic => TOPICS[name].from === 'agent';
