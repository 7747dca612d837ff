// What comes in: messages to handlers, batches to the arrival log, answers after its commit.
import { type ArrivalLog, openArrivalLog } from './arrivals/log.ts';
import { type Bell, openBell } from './arrivals/consume.ts';
import { parseBatch } from './ingest/batch.ts';
import { type CommitQueue, openCommitQueue } from './ingest/commit.ts';
import { openCredits } from './ingest/credits.ts';
import { type Ingest, openIngest } from './ingest/ingest.ts';
import type { Clock } from '../protocol/time.ts';
import type { Publish } from './publish.ts';
import type { ControllerDeps, Tuning } from './ports.ts';
import type { Steering } from './steering.ts';
import type { Troubles } from './troubles.ts';

export const CONSUMERS = ['store', 'alerts', 'live', 'devices', 'machines'] as const;
/** How often an unknown sender makes us read the agents again. */
const LOOK_AGAIN_MS = 10_000;
export type ConsumerName = (typeof CONSUMERS)[number];

export interface Intake {
  readonly arrivals: ArrivalLog;
  readonly bell: Bell;
  readonly ingest: Ingest;
  readonly queue: CommitQueue;
  readonly totals: Readonly<IntakeTotals>;
}
interface IntakeTotals {
  roundsTaken: number;
  roundsDuplicate: number;
  roundsWaiting: number;
  commits: number;
}

export interface IntakeOptions extends Pick<ControllerDeps, 'log' | 'arrivalsDb'> {
  /** The controller's own time. */
  readonly clock: Clock;
  readonly tuning: Tuning;
  readonly troubles: Troubles;
  readonly publish: Publish;
  readonly steering: Steering;
  /** Where the alerts' own cursor stands: theirs lies beside their states, in the control database. */
  readonly alertsAt: number;
}

export const openIntake = (options: IntakeOptions): Intake => {
  const { clock, log, tuning, troubles, publish, steering } = options;
  const { board, push, registry } = steering;
  const now = (): number => Math.floor(clock.now());
  const arrivals = openLog(options);
  const bell = openBell();
  const totals: IntakeTotals = { roundsTaken: 0, roundsDuplicate: 0, roundsWaiting: 0, commits: 0 };
  const queue = openCommitQueue({
    clock,
    waitMs: tuning.commitWaitMs,
    committer: {
      isFull: arrivals.isFull,
      commit(batches) {
        const incoming = batches.map((batch) => ({ ...batch, refused: batch.refusedRounds.map(({ seq }) => seq) }));
        for (const { taken, duplicates, held } of arrivals.append(incoming, now())) {
          totals.roundsTaken += taken;
          totals.roundsDuplicate += duplicates;
          totals.roundsWaiting += held;
        }
        totals.commits += 1;
        bell.ring();
      },
    },
    acknowledge: (agent, acknowledgement) => ingest.acknowledge(agent, acknowledgement),
    onTrouble: (message) => troubles.set('arrivals', message),
  });
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Somebody may have been enrolled past us (another process, a restored database): worth a look, not at every message. */
  const lookAgain = (agent: string): void => {
    if (clock.monotonic() - lookedAt < LOOK_AGAIN_MS) return;
    lookedAt = clock.monotonic();
    steering.agentsChanged().catch((error: unknown) => log.error('agents-unreadable', `looking for agent ${agent}: ${String(error)}`));
  };
  const ingest = openIngest({
    clock,
    queue,
    credits: openCredits(tuning.backlogRoundsPerSecond),
    publish,
    isKnown(agent) {
      if (registry.isKnown(agent)) return true;
      lookAgain(agent);
      return false;
    },
    fill: () => arrivals.bytes() / tuning.arrivalsCapBytes,
    heard: board.heard,
    status(agent, status, at) {
      board.status(agent, status, at);
      push.onStatus(agent, status);
    },
    configReport(agent, report, at) {
      board.report(agent, report, at);
      push.onReport(agent, report);
    },
    event: board.event,
    commandReply: steering.commands.reply,
    refused: (agent, kind, reason) => registry.refused(agent, kind, reason, now(), log),
  });
  return { arrivals, bell, ingest, queue, totals };
};

const openLog = ({ arrivalsDb, log, tuning, alertsAt }: IntakeOptions): ArrivalLog => {
  const arrivals = openArrivalLog(arrivalsDb, {
    capBytes: tuning.arrivalsCapBytes,
    consumers: CONSUMERS,
    startAfter: alertsAt,
    parse(body) {
      const parsed = parseBatch(body);
      if (!parsed.ok) log.error('arrival-unreadable', `a kept batch cannot be read and is passed over: ${parsed.reason}`);
      return parsed.ok ? parsed.value.batch : null;
    },
  });
  arrivals.move('alerts', alertsAt);
  arrivals.move('live', arrivals.last()); // who watches reads the store for what was before
  return arrivals;
};
