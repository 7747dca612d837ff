// What the controller's core takes and gives: for its wiring (controller.ts), the API, the command line, the simulation.
import type { SmokeColumn } from '../protocol/api.ts';
import type { HistogramSample } from '../protocol/exposition.ts';
import type { Broker } from '../protocol/link.ts';
import type { Db } from '../protocol/database.ts';
import type { Log } from '../protocol/log.ts';
import type { Random } from '../protocol/random.ts';
import type { RuleStanding } from '../protocol/rule-view.ts';
import type { Clock } from '../protocol/time.ts';
import type { Vault } from './alerts/notifiers/kept.ts';
import type { Answer, Parcel } from './alerts/notifiers/notifier.ts';
import type { AgentPresence } from './fleet/board.ts';
import type { Changes } from './fleet/changes.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { MachineSteering } from './fleet/machine/steering.ts';
import type { Machines } from './fleet/machine/machines.ts';
import type { Asking } from './fleet/snmp/asking.ts';
import type { Devices } from './fleet/snmp/devices.ts';
import type { Mibs } from './fleet/snmp/mibs.ts';
import type { DeviceLatest } from './fleet/snmp/polls.ts';
import type { ConfigSigner } from './fleet/signer.ts';
import type { Point, Retention, SeriesStore } from './series/store.ts';
import type { State } from './state/database.ts';
import type { Telling } from './telling.ts';
import type { WatchdogService } from './watchdog.ts';

export type { AgentPresence } from './fleet/board.ts';

/** All that the controller's core needs; it opens nothing itself, and closes nothing but its own loops. */
export interface ControllerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The host's boot, and how long it has been suspended since then, ms: monotonic + suspended is the line that the controller's time follows. */
  readonly host: { readonly bootId: string; suspendedMs(): number };
  readonly broker: Broker;
  readonly state: State;
  readonly arrivalsDb: Db;
  readonly store: SeriesStore;
  readonly signer: ConfigSigner;
  readonly send: Send;
  /** Keeps secrets at rest. */
  readonly vault: Vault;
  /** Where people reach our pages, for the links in what we send; '' when nobody said. */
  readonly origin?: string;
  /** What this installation is called in what we send. */
  readonly site?: string;
  readonly tuning?: Partial<Tuning>;
}

/** Sends one parcel of a notifier; resolves with what the receiver says, rejects when it says nothing. */
export type Send = (parcel: Parcel & { readonly signal: AbortSignal }) => Promise<Answer>;

/** Numbers that an operator or a simulation may turn. */
export interface Tuning {
  /** Batches are collected this long, then committed together. */
  readonly commitWaitMs: number;
  /** The arrival log may hold this many bytes of bodies; when it is full, acknowledging stops. */
  readonly arrivalsCapBytes: number;
  /** How often silence is looked for, alerts' timers run, and what was heard of agents is written down. */
  readonly tickMs: number;
  readonly latestEveryMs: number;
  /** After a start of the controller agents have this long to come back before they are off. */
  readonly graceMs: number;
  /** An agent that nothing was heard of for this long is off, even without its last will. */
  readonly silentAfterMs: number;
  /** Rounds a second for all agents' backlog lanes together. */
  readonly backlogRoundsPerSecond: number;
  /** How long events, presence and incidents are kept. */
  readonly retentionMs: number;
  /** How long the store keeps points and roll-ups. */
  readonly retention: Retention;
  /** How often the store does what it has to do by itself. */
  readonly upkeepEveryMs: number;
  /** How often it is looked whether a verdict is due. */
  readonly verdictsEveryMs: number;
  /** How often steps, repetitions and ends of mutes are looked for. */
  readonly remindEveryMs: number;
  readonly retentionEveryMs: number;
  /** Labels that become tags of the series. */
  readonly tagLabels: readonly string[];
  /** Packets a second at one target from the whole fleet. */
  readonly targetPacketsPerSecond: number;
  /** Packets a second that one agent may be asked for. */
  readonly agentPacketsPerSecond: number;
  /** Series of the whole fleet: agents times tasks. */
  readonly series: number;
}

/** The newest round of one pair and probe. */
export interface LatestColumn {
  readonly agent: string;
  readonly target: string;
  readonly task: string;
  readonly intervalMs: number;
  readonly column: SmokeColumn;
}

/** Totals since the start, and states now. Plain numbers for /metrics. */
export interface Counters {
  readonly roundsStored: number;
  readonly roundsDuplicate: number;
  readonly roundsRefused: number;
  readonly roundsWaiting: number;
  readonly batches: number;
  readonly batchesDropped: number;
  readonly commits: number;
  readonly messagesRefused: number;
  readonly bytesReceived: number;
  readonly arrivalsBytes: number;
  readonly arrivalsCapBytes: number;
  /** Arrivals that the consumer has not read yet. */
  readonly storeLag: number;
  readonly alertsLag: number;
  /** The newest round's end until it was in the store, ms; null before the first. */
  readonly storeLagMs: number | null;
  readonly agentsOnline: number;
  readonly agentsOffline: number;
}

/** A part that does not do its work now, in words for an operator. */
export interface Trouble {
  readonly part: 'arrivals' | 'store' | 'upkeep' | 'alerts' | 'live' | 'clock' | 'control' | 'broker' | 'devices' | 'machines';
  readonly since: number;
  readonly message: string;
}

export interface Controller {
  /** The controller's time: slewed, never stepped. Everything that is stored or compared with rounds uses it. */
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly devices: Devices;
  /** What is asked of devices once, through an agent. */
  readonly asking: Asking;
  readonly mibs: Mibs;
  /** The agents' own machines. */
  readonly machines: Machines;
  readonly machineSettings: MachineSteering;
  /** A device's newest poll and its ports; undefined before the first. */
  deviceLatest(device: string): DeviceLatest | undefined;
  readonly changes: Changes;
  agents(): readonly AgentPresence[];
  latest(): readonly LatestColumn[];
  /** How each rule that is on stands now. */
  ruleStandings(): readonly RuleStanding[];
  readonly watchdog: Pick<WatchdogService, 'view' | 'save' | 'refresh'>;
  /** Lets the rules look at what others wrote. */
  judgePoints(points: readonly Point[]): Promise<void>;
  readonly telling: Pick<Telling, 'vault' | 'look' | 'test'>;
  counters(): Counters;
  /** What the fleet measures, in Prometheus' text format; `prefix` stands before the names that belong to no known exporter. */
  metricsOfFleet(prefix: string): string;
  /** From fresh rounds' ends until they were in the store, since the start. */
  storedBehind(): HistogramSample;
  /** Empty when all is well: what /readyz and the overview tell. */
  troubles(): readonly Trouble[];
  /** Call when another part has changed agents in the control database (an enrolment): their configuration is compiled and pushed. */
  agentsChanged(): Promise<void>;
  /** Resolves, never rejects, when every loop has ended after the signal. */
  readonly closed: Promise<void>;
}
