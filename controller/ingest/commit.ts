// Collects batches for a few milliseconds, has them committed together, and acknowledges after that; never otherwise.
import type { Acknowledgement, SequenceRange } from '../../protocol/acknowledgement.ts';
import type { Batch } from '../../protocol/batch.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';

/** One batch that waits for its commit. */
export interface Waiting {
  readonly agent: string;
  readonly batch: Batch;
  readonly body: Uint8Array;
  readonly held: { readonly sequences: ReadonlySet<number>; readonly dueAt: number } | null;
  readonly refusedRounds: Acknowledgement['refused'];
}
/** What the queue commits to: the arrival log. */
export interface Committer {
  /** Durable when it returns; throws when nothing of it is in. */
  commit(batches: readonly Waiting[]): void;
  /** True: nothing may be taken, and so nothing is acknowledged. */
  isFull(): boolean;
}

export interface CommitQueue {
  /** False: a batch of so many bytes would have to wait for too long, or for too much. Its agent keeps the rounds and sends them again. */
  hasRoom(sizeBytes: number): boolean;
  push(batch: Waiting): void;
  /** Commits group after group until the signal aborts; what waits then was never acknowledged. */
  run(signal: AbortSignal): Promise<void>;
}

export interface CommitQueueOptions {
  readonly clock: Clock;
  readonly waitMs: number;
  readonly committer: Committer;
  readonly acknowledge: (agent: string, acknowledgement: Omit<Acknowledgement, 'backlogPerSecond'>) => void;
  /** Commits that were refused (a full disk): the state changed to this, or null when a commit went through again. */
  readonly onTrouble: (message: string | null) => void;
}

/** What may wait for a commit, in bytes as received: a flood must not fill the memory. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
/** Behind what has waited for so long nothing is let in: agents that wait longer for their answer send all of it again, and more and more comes for nothing. */
const LONGEST_WAIT_MS = 4_000;
const GROUP_ROUNDS = 5_000;
/** A group of so many rounds says that more are coming: the next one waits longer, because each commit stands still for a disk. */
const BUSY_ROUNDS = 100;
const BUSY_WAITS = 5;
/** Far below what agents wait for an answer: what they sent again would keep the queue busy for ever. */
const BUSY_WAIT_MAX_MS = 1_000;
const MOST_RANGES = 2_000;
const MOST_REFUSED = 500;

export const openCommitQueue = ({ clock, waitMs, committer, acknowledge, onTrouble }: CommitQueueOptions): CommitQueue => {
  let waiting: (Waiting & { readonly since: number })[] = [];
  let waitingBytes = 0;
  let wake = (): void => {};
  let busy = false;

  const takeGroup = (): Waiting[] => {
    let rounds = 0;
    const found = waiting.findIndex(({ batch }) => {
      rounds += batch.rounds.length;
      return rounds > GROUP_ROUNDS;
    });
    const group = waiting.splice(0, found < 1 ? Math.max(1, found === -1 ? waiting.length : 1) : found);
    for (const { body } of group) waitingBytes -= body.length;
    return group;
  };
  const commit = (group: readonly Waiting[]): boolean => {
    if (committer.isFull()) {
      onTrouble('the arrival log is full: nothing is acknowledged until the consumers have caught up');
      return false;
    }
    try {
      committer.commit(group);
    } catch (error) {
      onTrouble(`the arrival log cannot commit: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
    onTrouble(null);
    return true;
  };

  return {
    hasRoom(sizeBytes) {
      const longest = clock.monotonic() - (waiting[0]?.since ?? Number.POSITIVE_INFINITY);
      return longest < waitMs + LONGEST_WAIT_MS && waitingBytes + sizeBytes <= MOST_WAITING_BYTES;
    },
    push(batch) {
      waiting.push({ ...batch, since: clock.monotonic() });
      waitingBytes += batch.body.length;
      wake();
    },
    async run(signal) {
      const onAbort = (): void => wake();
      signal.addEventListener('abort', onAbort, { once: true });
      while (!signal.aborted) {
        if (waiting.length === 0) {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise; // no race with a promise that lives as long as the program: each race would leave something with it
        }
        const wait = busy ? Math.max(waitMs, Math.min(BUSY_WAITS * waitMs, BUSY_WAIT_MAX_MS)) : waitMs;
        if (signal.aborted || (wait > 0 && !(await slept(clock, wait, signal)))) break;
        const group = takeGroup();
        busy = group.reduce((rounds, { batch }) => rounds + batch.rounds.length, 0) >= BUSY_ROUNDS;
        if (commit(group)) for (const [agent, acknowledgement] of acknowledgements(group)) acknowledge(agent, acknowledgement);
      }
      waiting = [];
      signal.removeEventListener('abort', onAbort);
    },
  };
};

/** One acknowledgement for each agent and epoch of a group; what was refused is in the ranges too, because it will never be taken. */
export const acknowledgements = (group: readonly Waiting[]): [agent: string, Omit<Acknowledgement, 'backlogPerSecond'>][] => {
  const byAgent = Map.groupBy(group, ({ agent, batch }) => `${agent} ${batch.epoch}`);
  return [...byAgent.values()].flatMap((batches) => {
    const [first] = batches;
    if (first === undefined) return [];
    const refused = batches.flatMap(({ refusedRounds }) => refusedRounds).slice(0, MOST_REFUSED);
    const settled = batches.flatMap(({ batch, refusedRounds }) => [...batch.rounds, ...refusedRounds].map(({ seq }) => seq));
    const ranges = closedRanges(settled);
    return chunk(ranges, MOST_RANGES).map((part, index): [string, Omit<Acknowledgement, 'backlogPerSecond'>] => [
      first.agent,
      { v: PROTOCOL_VERSION, epoch: first.batch.epoch, ranges: part, refused: index === 0 ? refused : [] },
    ]);
  });
};

const closedRanges = (sequences: readonly number[]): SequenceRange[] => {
  const ranges: SequenceRange[] = [];
  for (const seq of sequences.toSorted((a, b) => a - b)) {
    const previous = ranges.at(-1);
    if (previous === undefined || seq > previous[1] + 1) ranges.push([seq, seq]);
    else previous[1] = seq;
  }
  return ranges;
};

/** At least one part, so that an empty batch is answered too: its answer grants the backlog rate. */
const chunk = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.max(1, Math.ceil(items.length / size)) }, (_, i) => items.slice(i * size, (i + 1) * size));
