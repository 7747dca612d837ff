// Many agents in one process, for demonstrations and load: their rounds are made up, their batches and acknowledgements are real.
import { connect, type MqttClient } from 'mqtt';
import * as z from 'zod';
import { Acknowledgement } from '../../protocol/acknowledgement.ts';
import { decode, encode, encodeText } from '../../protocol/codec.ts';
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

/** Agents that measure the same at the same moments: a message is encoded once for all of them, so that many can be simulated cheaply. */
interface Group {
  readonly members: readonly Member[];
  readonly epoch: string;
  nextSeq: number;
  nextTarget: number;
  pending: string[];
  pendingSince: number;
}
interface Member {
  readonly id: string;
  readonly group: Group;
  /** Lowest sequence that is not acknowledged yet; acknowledgements come in order here. */
  lowest: number;
}

const TICK_MS = 20;
const OUTCOMES = 2_000;
const STATUSES_PER_TICK = 100;
const WINDOW_MS = 10_000;
/** Up to so many agents all are different. */
const GROUPS = 500;
const QuickAcknowledgement = z.compile(Acknowledgement);
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
  const groups = makeGroups(options);
  const members = groups.flatMap((group) => group.members);
  const byId = new Map(members.map((member) => [member.id, member]));
  listen(client, byId, counters);
  await client.subscribeAsync(everyAgentsTopic('rounds/ack'), { qos: 0 });
  // Made up beforehand: making them must not be what is measured.
  const outcomes = Array.from({ length: OUTCOMES }, () => JSON.stringify(simulateOutcome(options.model, random) satisfies Outcome));
  log.info('simulating', `${options.agents} agents send ${options.roundsPerSecond} rounds a second`);
  let due = 0;
  let next = 0;
  let told = 0;
  let last = clock.monotonic();
  const waiting: Group[] = [];
  while (await slept(clock, TICK_MS, signal)) {
    for (let i = 0; i < STATUSES_PER_TICK && told < members.length; i += 1) tellStatus(client, members[told++]);
    const now = clock.monotonic();
    due += ((now - last) / 1000) * options.roundsPerSecond;
    last = now;
    for (;;) {
      const group = groups[next % groups.length];
      if (group === undefined || due < group.members.length) break;
      next += 1;
      due -= group.members.length;
      if (group.pending.length === 0) {
        group.pendingSince = now;
        waiting.push(group);
      }
      group.pending.push(roundText(group, options.targets, outcomes[Math.floor(random.fraction() * OUTCOMES)] ?? '', clock.now()));
      counters.rounds += group.members.length;
    }
    let sent = 0;
    for (; sent < waiting.length && now - (waiting[sent]?.pendingSince ?? now) >= options.collectMs; sent += 1) {
      const group = waiting[sent];
      if (group !== undefined) publish(client, group, counters, clock.now());
    }
    waiting.splice(0, sent);
  }
  for (const group of waiting) publish(client, group, counters, clock.now());
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

const makeGroups = ({ agents, prefix, random }: SimulatedFleetOptions): Group[] => {
  const size = Math.ceil(agents / GROUPS);
  return Array.from({ length: Math.ceil(agents / size) }, (_, g) => {
    const members: Member[] = [];
    const group: Group = { members, epoch: random.hex(8), nextSeq: 1, nextTarget: 0, pending: [], pendingSince: 0 };
    for (let i = g * size; i < Math.min(agents, (g + 1) * size); i += 1) members.push({ id: `${prefix}${i + 1}`, group, lowest: 1 });
    return group;
  });
};

const listen = (client: MqttClient, byId: ReadonlyMap<string, Member>, counters: SimulatedCounters): void => {
  client.on('message', (name, payload) => {
    const member = byId.get(parseTopic(name)?.agentId ?? '');
    const ack = decode(QuickAcknowledgement, payload);
    if (member === undefined || !ack.ok || ack.value.epoch !== member.group.epoch) return;
    for (const [first, end] of ack.value.ranges) {
      counters.acknowledged += end - first + 1;
      if (first <= member.lowest) member.lowest = Math.max(member.lowest, end + 1);
    }
    counters.refused += ack.value.refused.length;
  });
};

const roundText = (group: Group, targets: number, outcome: string, now: number): string => {
  const target = (group.nextTarget++ % targets) + 1;
  const at = Math.floor(now) - WINDOW_MS;
  return `{"seq":${group.nextSeq++},"task":"t${target}/icmp","at":${at},"durationMs":${WINDOW_MS},"intervalMs":${WINDOW_MS},"time":{"source":"controller","boundMs":0.4,"ageS":12},"outcome":${outcome}}`;
};

const publish = (client: MqttClient, group: Group, counters: SimulatedCounters, now: number): void => {
  const lowest = Math.min(...group.members.map((member) => member.lowest));
  const head = `{"v":${PROTOCOL_VERSION},"epoch":"${group.epoch}","lane":"fresh","lowest":${lowest},"upTo":${Math.floor(now) - 1_000},"rounds":[`;
  const payload = Buffer.from(encodeText(`${head}${group.pending.join(',')}]}`));
  group.pending = [];
  for (const { id } of group.members) {
    counters.batches += 1;
    counters.bytes += payload.length;
    client.publish(topic(id, 'rounds'), payload, { qos: 0 });
  }
};

const tellStatus = (client: MqttClient, member: Member | undefined): void => {
  if (member === undefined) return;
  const status: OnlineStatus = {
    v: PROTOCOL_VERSION,
    state: 'online',
    epoch: member.group.epoch,
    version: 'simulated',
    hostname: member.id,
    capabilities: ['icmp'],
    applied: null,
    mayBeStale: false,
    clock: { offsetMs: 0, boundMs: 0.4, ageS: 1 },
    spool: { rounds: 0, bytes: 0, capBytes: 1, dropped: 0 },
    packetsPerSecond: 1,
    health: { icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 },
  };
  client.publish(topic(member.id, 'status'), Buffer.from(encode(status)), { qos: 1, retain: true });
};
