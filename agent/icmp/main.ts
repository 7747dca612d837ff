// The ICMP process: the only one that needs CAP_NET_RAW, with nothing in it but the engine, so that nothing else disturbs its timing.
// It ends when the agent does. It reads the clock and sets timers itself: a Clock would cost more than the packet.

import { existsSync, openSync, readSync, writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { makeCompilersWhenBusy } from '../compilers.ts';
import { makeAlarm } from './alarm.ts';
import { makeEngine } from './engine.ts';
import { readKernelDrops } from './drops.ts';
import type { ClosedRound, FromEngine, ToEngine } from './messages.ts';
import type { Family } from './packet.ts';
import { type IcmpSocket, openIcmpSocket, type SocketEvents } from './socket.ts';

const COUNTERS_EVERY_MS = 1_000;
/** So many messages the agent may leave unread before rounds are thrown away, counted: about ten seconds' worth. */
const UNREAD_MESSAGES = 100;

const main = (): void => {
  const now = monotonicMs();
  const sockets: IcmpSocket[] = [];
  let engine: ReturnType<typeof makeEngine> | null = null;
  const events: SocketEvents = {
    readable: (socket) => engine?.readable(socket),
    packet: (socket, slot) => engine?.packet(socket, slot),
    broken: (socket, error) => {
      throw new Error(`the raw ICMP${socket.family} socket broke`, { cause: error });
    },
  };
  for (const family of ['v4', 'v6'] as const) {
    const opened = openIcmpSocket(family, events);
    if (opened.ok) sockets.push(opened.socket);
    else if (opened.reason === 'no-permission') return tell({ type: 'no-permission', detail: opened.detail }, () => process.exit(0));
  }
  const inodes = new Map<Family, string | null>(sockets.map(({ family, inode }) => [family, inode]));
  engine = makeEngine({
    now,
    wakeIn: makeAlarm(
      now,
      sockets.every(({ stamped }) => stamped),
    ),
    randomWord: makeRandomWords(),
    sockets,
    readDrops: (family) => readKernelDrops(family, inodes.get(family) ?? null),
    closed: (rounds) => handOver(rounds),
  });
  const { counters, setLimits, add, remove } = engine;
  let unread = 0;
  const handOver = (rounds: readonly ClosedRound[]): void => {
    if (unread >= UNREAD_MESSAGES) {
      counters.roundsDropped += rounds.length;
      return;
    }
    unread += 1;
    tell({ type: 'rounds', rounds }, () => {
      unread -= 1;
    });
  };
  const compilersWhenBusy = makeCompilersWhenBusy(now);
  setInterval(() => {
    compilersWhenBusy();
    if (unread < UNREAD_MESSAGES) tell({ type: 'counters', counters });
  }, COUNTERS_EVERY_MS);
  process.on('message', (message: ToEngine) => {
    if (message.type === 'limits') setLimits(message.limits);
    else if (message.type === 'add') message.tasks.forEach(add);
    else message.slots.forEach(remove);
  });
  wakePrecisely();
  tell({ type: 'ready', stamped: sockets.every(({ stamped }) => stamped) });
};

const tell = (message: FromEngine, sent: () => void = () => undefined): void => {
  if (process.connected) process.send?.(message, undefined, undefined, sent);
};

/** performance.now costs a quarter of hrtime.bigint; both read CLOCK_MONOTONIC, from different zeros. The kernel's stamps are held against it. */
const monotonicMs = (): (() => number) => {
  let zeroMs = 0;
  let narrowestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 100; i += 1) {
    const beforeMs = performance.now();
    const readMs = Number(process.hrtime.bigint()) / 1e6;
    const afterMs = performance.now();
    if (afterMs - beforeMs >= narrowestMs) continue;
    narrowestMs = afterMs - beforeMs;
    zeroMs = readMs - (beforeMs + afterMs) / 2;
  }
  return () => zeroMs + performance.now();
};

const makeRandomWords = (): (() => number) => {
  const fill = makeFill();
  const words = new Uint32Array(2_048);
  let used = words.length;
  return () => {
    if (used === words.length) {
      fill(words);
      used = 0;
    }
    return words[used++] ?? 0;
  };
};

/** The kernel's random bytes, read in blocks: node:crypto would bring three megabytes for the same. It does where there is no /dev. */
const makeFill = (): ((words: Uint32Array) => void) => {
  if (!existsSync('/dev/urandom')) return (words) => void process.getBuiltinModule('node:crypto').randomFillSync(words);
  const source = openSync('/dev/urandom', 'r');
  return (words) => {
    if (readSync(source, words) !== words.byteLength) throw new Error('/dev/urandom gave less than it was asked for');
  };
};

/** The kernel may put a sleeper's wake off by 50 µs to save power; ours would then look like 50 µs of noise. */
const wakePrecisely = (): void => {
  try {
    writeFileSync('/proc/self/timerslack_ns', '1');
  } catch {
    // An old kernel, or /proc is read-only: only the error bound gets wider.
  }
};

process.once('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group: the agent decides when we end.
process.on('SIGINT', () => undefined);
main();
flushCompileCache(); // this process ends by SIGKILL, which writes nothing; with the cache the next one does without the compiler
