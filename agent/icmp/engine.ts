import type { Limits } from '../config/limits.ts';
import { parseIp } from './address.ts';
import type { Slot } from './batch.ts';
import { type Canary, makeCanary } from './canary.ts';
import { type Drops, makeDrops } from './drops.ts';
import { type Guard, makeGuard } from './guard.ts';
import { type ClosedRound, type EngineCounters, type EngineTask, noCounters } from './messages.ts';
import { makeNoiseRecord } from './noise.ts';
import { makeOutbox, OUTBOX_PACKETS } from './outbox.ts';
import { type Family, makeTemplate, wireBytes } from './packet.ts';
import { makePacer } from './pacer.ts';
import { makeReceiver } from './receive.ts';
import { closeRound, countError, hasLoss, type RoundBuffer } from './round.ts';
import type { IcmpSocket } from './socket.ts';
import { makeTaskState, mustSkip, nextSlotMs, startRound, type TaskState } from './task-state.ts';
import { makeWaker } from './waker.ts';

// The engine: who sends when, what came back, which rounds are closed. One thread, no waiting; it hands rounds over in bundles.

export interface EngineDeps {
  /** CLOCK_MONOTONIC, ms with the fraction. */
  now(): number;
  /** Calls back once after `ms`, 0: as soon as what came in has been seen to; a second call replaces the first. */
  wakeIn(ms: number, wake: () => void): void;
  /** 32 random bits. */
  randomWord(): number;
  readonly sockets: readonly IcmpSocket[];
  /** The kernel's drop counter of a family's socket; null when unreadable. */
  readDrops(family: Family): number | null;
  closed(rounds: readonly ClosedRound[]): void;
}

export interface Engine {
  setLimits(limits: Limits | null): void;
  add(task: EngineTask): void;
  remove(slot: number): void;
  /** The socket has packets. */
  readable(socket: IcmpSocket): void;
  /** A packet that `receive` took. */
  packet(socket: IcmpSocket, slot: Slot): void;
  readonly counters: EngineCounters;
}

/** Rounds wait this long for company on their way to the agent. */
const HAND_OVER_MS = 100;
/** With the next tick this near, replies wait for it: to be woken for each costs more than to take it, and the kernel knows when it came.
 * Where it does not, they never wait. */
const DRAIN_WITHIN_MS = 10;
/** Batches. */
const RECEIVES_IN_A_GO = 16;
const DROPS_LOOK_MS = 1_000;
/** Rounds close this much later, in company: nobody waits for one. */
const CLOSE_TOGETHER_MS = 5;
/** So long a round waits for a socket to be read empty. */
const UNREAD_MS = 1_000;

export const makeEngine = (deps: EngineDeps): Engine => {
  const counters = noCounters();
  const token = [deps.randomWord(), deps.randomWord()] as const;
  const tasks = new Map<number, TaskState>();
  const byIdentifier = Array.from({ length: 65_536 }, (): TaskState | undefined => undefined);
  const templates = new Map<string, ReturnType<typeof makeTemplate>>();
  const noise = makeNoiseRecord();
  const sends = makePacer<TaskState>();
  const closings = makePacer<TaskState>();
  const waker = makeWaker({ now: deps.now, wakeIn: deps.wakeIn, lag: noise.lag, wholeMs: deps.sockets.some(({ stamped }) => !stamped) });
  const drops: Drops = makeDrops(
    deps.sockets.map(({ family }) => family),
    deps.readDrops,
    deps.now(),
  );
  const outboxes = deps.sockets.map((socket) => makeOutbox(socket, token, counters));
  /** Whose round's last packet is in an outbox. */
  const ended: TaskState[] = [];
  const done: { state: TaskState; round: RoundBuffer; closedMs: number }[] = [];
  let guard: Guard = makeGuard(null, deps.now());
  let nextIdentifier = deps.randomWord() & 0xffff;
  /** Of all tasks. */
  let packetsPerMs = 0;
  let handedOverMs = deps.now();
  let lookedMs = deps.now();

  const freeIdentifier = (): number => {
    do nextIdentifier = (nextIdentifier + 1) & 0xffff;
    while (byIdentifier[nextIdentifier] !== undefined || nextIdentifier === canaryIdentifier);
    return nextIdentifier;
  };
  const canaryIdentifier = nextIdentifier;
  const [canarySocket] = deps.sockets;
  const canary: Canary | null =
    canarySocket === undefined
      ? null
      : makeCanary({
          socket: canarySocket,
          identifier: canaryIdentifier,
          token,
          now: deps.now,
          randomWord: deps.randomWord,
          measured: noise.canary,
        });
  const receiver = makeReceiver({
    counters,
    token,
    taskOf: (identifier) => byIdentifier[identifier],
    canary: (received, arrivedMs) => canary?.take(received, arrivedMs) ?? false,
  });

  const tick = (): void => {
    const nowMs = deps.now();
    waker.woke(nowMs);
    const isEmpty = deps.sockets.map(receiveAll).every(Boolean);
    const more = sendDue(nowMs) || !isEmpty;
    // A reply that still lies in the socket is no loss; but a flood of strangers must not hold up rounds for ever.
    while (closings.nextDueMs() <= (isEmpty ? nowMs : nowMs - UNREAD_MS)) closeFirst(nowMs);
    if (canary !== null && tasks.size > 0 && canary.nextDueMs <= nowMs) canary.send();
    if (nowMs - lookedMs >= DROPS_LOOK_MS) look(nowMs);
    if (done.length > 0 && nowMs - handedOverMs >= HAND_OVER_MS) handOver(nowMs);
    const next = more
      ? 0
      : Math.min(
          sends.nextDueMs(),
          closings.nextDueMs() + CLOSE_TOGETHER_MS,
          done.length > 0 ? handedOverMs + HAND_OVER_MS : Number.POSITIVE_INFINITY,
        );
    const wakeMs = waker.sleepUntil(tasks.size > 0 && canary !== null ? Math.min(next, canary.nextDueMs) : next, packetsPerMs, tick);
    for (const socket of deps.sockets) socket.listen(!socket.stamped || wakeMs - nowMs > DRAIN_WITHIN_MS);
  };

  /** Sends what is due; true when some is left for the next go. */
  const sendDue = (nowMs: number): boolean => {
    for (let turns = 0; turns < OUTBOX_PACKETS && sends.nextDueMs() <= nowMs; turns += 1) {
      const state = sends.next();
      if (state === undefined || state.removed) sends.pop();
      else sends.replaceFirst(takeTurn(state, nowMs));
    }
    for (const outbox of outboxes) outbox.send();
    awaitLastReplies();
    return sends.nextDueMs() <= nowMs;
  };

  /** One packet of a task, or the skipping of a round; the time of its next turn. */
  const takeTurn = (state: TaskState, nowMs: number): number => {
    const { task } = state;
    if (state.turn === 0) {
      if (mustSkip(state, nowMs)) {
        counters.roundsSkipped += 1;
        state.slotMs = nextSlotMs(task, nowMs + 1);
        return state.slotMs;
      }
      finishNow(state.previous);
      startRound(state);
      state.current.secretHigh = deps.randomWord();
      state.current.secretLow = deps.randomWord();
    }
    takePacket(state, nowMs);
    state.turn += 1;
    if (state.turn < task.count) {
      // After a stall the packets that should have gone do not go in one burst: half the spacing is kept.
      return Math.max(state.slotMs + state.turn * task.spacingMs, nowMs + task.spacingMs / 2);
    }
    state.turn = 0;
    state.closesMs = nowMs + task.timeoutMs;
    state.closing.push(state.current);
    ended.push(state);
    state.slotMs = nextSlotMs(task, state.slotMs + task.intervalMs / 2);
    return state.slotMs;
  };

  /** The next packet of the running round: into the outbox, or held back. */
  const takePacket = (state: TaskState, nowMs: number): void => {
    const { current, outbox } = state;
    const packet = current.turns;
    current.turns += 1;
    current.sentMs[packet] = 0;
    current.leftMs[packet] = 0;
    current.arrivedMs[packet] = 0;
    state.nextSequence = (current.firstSequence + packet + 1) & 0xffff;
    const hold = state.refusal ?? (guard.hold(state.destination, state.wireBytes, nowMs) === null ? null : 'guard-rail');
    if (hold === null && outbox !== null) return outbox.put(state, current, packet);
    if (hold !== 'no-family') counters.guardRailHits += 1;
    countError(current, hold ?? 'no-family');
  };

  const awaitLastReplies = (): void => {
    const sentMs = deps.now();
    for (let state = ended.pop(); state !== undefined; state = ended.pop()) {
      state.closesMs = sentMs + state.task.timeoutMs;
      closings.push(state.closesMs, state);
    }
  };

  const closeFirst = (nowMs: number): void => {
    const state = closings.next();
    closings.pop();
    const round = state?.closing.shift();
    if (state !== undefined && round !== undefined && !state.removed) done.push({ state, round, closedMs: nowMs });
  };

  /** A buffer that is wanted again although its round has not been handed over yet. */
  const finishNow = (round: RoundBuffer): void => {
    if (round.open && done.some((one) => one.round === round)) handOver(deps.now());
  };

  const handOver = (nowMs: number): void => {
    handedOverMs = nowMs;
    if (done.some(({ round }) => hasLoss(round))) look(nowMs);
    const rounds = done.map(({ state, round, closedMs }): ClosedRound => {
      round.open = false;
      const { canaryMs, unseenMs, schedulerLagMs } = noise.between(round.startedMs, closedMs);
      // A reply that nobody stamped also waited for us to wake.
      const wakeMs = state.outbox?.socket.stamped === false ? schedulerLagMs : 0;
      const dropped = drops.countBetween(round.startedMs, closedMs);
      const { family } = state.ip;
      const { slot, timeoutMs } = state.task;
      const mayHaveDropped = (fromMs: number, toMs: number): boolean => drops.mayHaveDropped(family, fromMs, toMs);
      return closeRound(round, {
        slot,
        timeoutMs,
        closedMs,
        noise: [canaryMs, unseenMs === null || wakeMs === null ? null : unseenMs + wakeMs, schedulerLagMs, dropped],
        mayHaveDropped,
      });
    });
    done.length = 0;
    deps.closed(rounds);
  };

  const look = (nowMs: number): void => {
    lookedMs = nowMs;
    drops.look(nowMs);
    counters.socketDrops = drops.total;
  };

  const refusalOf = (state: Pick<TaskState, 'ip' | 'outbox'>): TaskState['refusal'] =>
    guard.refusal(state.ip) ?? (state.outbox === null ? 'no-family' : null);

  return {
    counters,
    setLimits: (limits) => {
      guard = makeGuard(limits, deps.now());
      for (const state of tasks.values()) {
        state.destination = guard.destination(state.ip, deps.now());
        state.refusal = refusalOf(state);
      }
    },
    add: (task) => {
      const nowMs = deps.now();
      const ip = parseIp(task.address);
      if (ip === null) throw new Error(`task for "${task.address}", which is no address`);
      const { family } = ip;
      const outbox = outboxes.find(({ socket }) => socket.family === family) ?? null;
      const key = `${family} ${task.sizeBytes}`;
      const template = templates.get(key) ?? makeTemplate(family, task.sizeBytes);
      templates.set(key, template);
      const identifier = freeIdentifier();
      const fixed = {
        task,
        ip,
        outbox,
        identifier,
        template,
        wireBytes: wireBytes(family, task.sizeBytes),
      };
      const state = makeTaskState(
        { ...fixed, destination: guard.destination(ip, nowMs), refusal: refusalOf({ ip, outbox }) },
        deps.randomWord() & 0xffff,
        nowMs,
      );
      tasks.set(task.slot, state);
      byIdentifier[identifier] = state;
      sends.push(state.slotMs, state);
      packetsPerMs += task.count / task.intervalMs;
      waker.sleepUntil(sends.nextDueMs(), packetsPerMs, tick);
    },
    remove: (slot) => {
      const state = tasks.get(slot);
      if (state === undefined) return;
      tasks.delete(slot);
      byIdentifier[state.identifier] = undefined;
      state.removed = true;
      packetsPerMs -= state.task.count / state.task.intervalMs;
    },
    readable: (socket) => {
      waker.disturbed();
      receiveAll(socket);
    },
    packet: receiver.take,
  };
};

/** Whether that were all. */
const receiveAll = (socket: IcmpSocket): boolean => {
  for (let i = 0; i < RECEIVES_IN_A_GO; i += 1) if (!socket.receive()) return true;
  return false;
};
