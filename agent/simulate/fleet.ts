// Many agents in one process, for demonstrations and load: their rounds are made up, their batches and acknowledgements are real.
import { connect, type MqttClient } from 'mqtt';
import { Acknowledgement } from '../../protocol/acknowledgement.ts';
import { decode, encode } from '../../protocol/codec.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import type { Outcome } from '../../protocol/round.ts';
import type { OnlineStatus } from '../../protocol/status.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { everyAgentsTopic, parseTopic, topic } from '../../protocol/topics.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { type PathModel, simulateOutcome } from './outcomes.ts';

export interface SimulatedFleetOptions {
  /** A broker that lets one client speak for all of them. */
  readonly brokerUrl: string;
  readonly agents: number;
  /** Of the whole fleet. */
  readonly roundsPerSecond: number;
  /** Targets of each agent, `t1` and on. */
  readonly targets: number;
  /** How long an agent collects rounds before it sends them, as the real one's commit does, ms. */
  readonly collectMs: number;
  readonly model: PathModel;
  /** Agents are called `PREFIX1` and on. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Since the start. */
export interface SimulatedCounters {
  rounds: number;
  batches: number;
  bytes: number;
  acknowledged: number;
  refused: number;
}

interface SimulatedAgent {
  readonly id: string;
  readonly epoch: string;
  nextSeq: number;
  nextTarget: number;
  pending: string[];
  pendingSince: number;
  unacknowledged: number;
  /** Lowest sequence that is not acknowledged yet; acknowledgements come in order here. */
  lowest: number;
}

const TICK_MS = 20;
const OUTCOMES = 2_000;
const STATUSES_PER_TICK = 100;
const WINDOW_MS = 10_000;
/** What is under way when it is told to stop is waited for this long. */
const LAST_ACKNOWLEDGEMENTS_MS = 20_000;

/** Runs until the signal aborts, and then until all is acknowledged, for a while. Rejects when the broker cannot be reached at the start. */
export const runSimulatedFleet = async (
  options: SimulatedFleetOptions,
  counters: SimulatedCounters,
  signal: AbortSignal,
): Promise<void> => {
  const { clock, random, log } = options;
  const client = await open(options.brokerUrl);
  const agents = Array.from(
    { length: options.agents },
    (_, i): SimulatedAgent => ({
      id: `${options.prefix}${i + 1}`,
      epoch: random.hex(8),
      nextSeq: 1,
      nextTarget: 0,
      pending: [],
      pendingSince: 0,
      unacknowledged: 0,
      lowest: 1,
    }),
  );
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  listen(client, byId, counters);
  await client.subscribeAsync(everyAgentsTopic('rounds/ack'), { qos: 0 });
  // Made up beforehand: making them must not be what is measured.
  const outcomes = Array.from({ length: OUTCOMES }, () => JSON.stringify(simulateOutcome(options.model, random) satisfies Outcome));
  log.info('simulating', `${options.agents} agents send ${options.roundsPerSecond} rounds a second`);
  let due = 0;
  let next = 0;
  let told = 0;
  let last = clock.monotonic();
  const waiting: SimulatedAgent[] = [];
  while (await slept(clock, TICK_MS, signal)) {
    for (let i = 0; i < STATUSES_PER_TICK && told < agents.length; i += 1) tellStatus(client, agents[told++]);
    const now = clock.monotonic();
    due += ((now - last) / 1000) * options.roundsPerSecond;
    last = now;
    for (; due >= 1; due -= 1) {
      const agent = agents[next++ % agents.length];
      if (agent === undefined) break;
      if (agent.pending.length === 0) {
        agent.pendingSince = now;
        waiting.push(agent);
      }
      agent.pending.push(roundText(agent, options.targets, outcomes[Math.floor(random.fraction() * OUTCOMES)] ?? '', clock.now()));
      counters.rounds += 1;
    }
    let sent = 0;
    for (; sent < waiting.length && now - (waiting[sent]?.pendingSince ?? now) >= options.collectMs; sent += 1) {
      const agent = waiting[sent];
      if (agent !== undefined) publish(client, agent, counters, clock.now());
    }
    waiting.splice(0, sent);
  }
  for (const agent of waiting) publish(client, agent, counters, clock.now());
  const patience = AbortSignal.timeout(LAST_ACKNOWLEDGEMENTS_MS);
  while (counters.acknowledged < counters.rounds && (await slept(clock, 100, patience)));
  await client.endAsync(true);
};

const open = async (url: string): Promise<MqttClient> => {
  const client = connect(url, { protocolVersion: 4, clean: true, reconnectPeriod: 1_000, connectTimeout: 5_000 });
  const ready = Promise.withResolvers<void>();
  client.once('connect', () => ready.resolve());
  client.once('error', (error) => ready.reject(new Error(`the broker ${url} cannot be reached`, { cause: error })));
  await ready.promise;
  client.on('error', () => {}); // it connects again by itself
  return client;
};

const listen = (client: MqttClient, byId: ReadonlyMap<string, SimulatedAgent>, counters: SimulatedCounters): void => {
  client.on('message', (name, payload) => {
    const agent = byId.get(parseTopic(name)?.agentId ?? '');
    const ack = decode(Acknowledgement, payload);
    if (agent === undefined || !ack.ok || ack.value.epoch !== agent.epoch) return;
    for (const [first, end] of ack.value.ranges) {
      counters.acknowledged += end - first + 1;
      agent.unacknowledged -= end - first + 1;
      if (first <= agent.lowest) agent.lowest = Math.max(agent.lowest, end + 1);
    }
    counters.refused += ack.value.refused.length;
  });
};

const roundText = (agent: SimulatedAgent, targets: number, outcome: string, now: number): string => {
  const target = (agent.nextTarget++ % targets) + 1;
  const at = Math.floor(now) - WINDOW_MS;
  return `{"seq":${agent.nextSeq++},"task":"t${target}/icmp","at":${at},"durationMs":${WINDOW_MS},"intervalMs":${WINDOW_MS},"time":{"source":"controller","boundMs":0.4,"ageS":12},"outcome":${outcome}}`;
};

const publish = (client: MqttClient, agent: SimulatedAgent, counters: SimulatedCounters, now: number): void => {
  const head = `{"v":${PROTOCOL_VERSION},"epoch":"${agent.epoch}","lane":"fresh","lowest":${agent.lowest},"upTo":${Math.floor(now) - 1_000},"rounds":[`;
  const payload = Buffer.from(encode(JSON.parse(`${head}${agent.pending.join(',')}]}`)));
  agent.unacknowledged += agent.pending.length;
  agent.pending = [];
  counters.batches += 1;
  counters.bytes += payload.length;
  client.publish(topic(agent.id, 'rounds'), payload, { qos: 0 });
};

const tellStatus = (client: MqttClient, agent: SimulatedAgent | undefined): void => {
  if (agent === undefined) return;
  const status: OnlineStatus = {
    v: PROTOCOL_VERSION,
    state: 'online',
    epoch: agent.epoch,
    version: 'simulated',
    hostname: agent.id,
    capabilities: ['icmp'],
    applied: null,
    mayBeStale: false,
    clock: { offsetMs: 0, boundMs: 0.4, ageS: 1 },
    spool: { rounds: 0, bytes: 0, capBytes: 1, dropped: 0 },
    packetsPerSecond: 1,
    health: { icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 },
  };
  client.publish(topic(agent.id, 'status'), Buffer.from(encode(status)), { qos: 1, retain: true });
};
