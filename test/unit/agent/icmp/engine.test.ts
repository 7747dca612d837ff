import { constants } from 'node:os';
import t from 'tap';
import { Limits } from '../../../../agent/config/limits.ts';
import { makeEngine } from '../../../../agent/icmp/engine.ts';
import type { ClosedRound, EngineTask } from '../../../../agent/icmp/messages.ts';
import { type Batch, makeBatch } from '../../../../agent/icmp/batch.ts';
import type { IcmpSocket } from '../../../../agent/icmp/socket.ts';

const FREE = Limits.parse({
  perTarget: { packetsPerSecond: 1e6, burstPackets: 1e6, bytesPerSecond: 1e9 },
  perNetwork: { packetsPerSecond: 1e6 },
  total: { packetsPerSecond: 1e6 },
});
const TASK: EngineTask = {
  slot: 1,
  address: '10.0.0.1',
  intervalMs: 1_000,
  phaseMs: 250,
  count: 3,
  spacingMs: 100,
  timeoutMs: 200,
  sizeBytes: 56,
  dscp: 0,
  ttl: 64,
};
const CANARY = '127.0.0.1';

interface Sent {
  readonly atMs: number;
  readonly packet: Buffer;
  readonly address: string;
}

const replyTo = (one: Sent, change: (icmp: Buffer) => void = () => undefined, source = '0a000001'): Buffer => {
  const icmp = Buffer.from(one.packet);
  icmp[0] = 0;
  change(icmp);
  icmp.writeUInt16BE(0, 2);
  let sum = 0;
  for (let i = 0; i + 1 < icmp.length; i += 2) sum += icmp.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  icmp.writeUInt16BE(~sum & 0xffff, 2);
  return Buffer.concat([Buffer.from(`450000000000000040010000${source}0a0000fe`, 'hex'), icmp]);
};

const sentIn = ({ slots }: Batch, count: number, atMs: number): Sent[] =>
  slots.slice(0, count).map(({ packet, numbers, address }) => ({
    atMs,
    packet: Buffer.from(packet.subarray(0, numbers[0])),
    address: [24, 16, 8, 0].map((bits) => ((address[0] ?? 0) >>> bits) & 255).join('.'),
  }));

/** An engine on a clock that only the test moves, with a socket that the test answers. */
const openRig = (
  options: {
    readonly limits?: Limits | null;
    /** errno, or 0. */
    readonly send?: (sent: Sent) => number;
    readonly stamped?: boolean;
    /** There is always another packet that is not ours, and each takes a while. */
    readonly flood?: boolean;
    /** How long the kernel, or who kept it from its work, takes for a packet. */
    readonly sendTakesMs?: number;
    /** Whether the canary's echo comes back: it lies in the socket until the engine looks. */
    readonly canary?: boolean;
  } = {},
) => {
  let nowMs = 10_000;
  let alarm: { atMs: number; wake: () => void } | null = null;
  let drops = 0;
  let word = 1;
  const sent: Sent[] = [];
  const closed: ClosedRound[] = [];
  const waiting: { packet: Buffer; arrivedMs: number }[] = [];
  const received = makeBatch(1);
  const calls: { count: number; ttl: number; dscp: number }[] = [];
  let listening = true;
  const socket: IcmpSocket = {
    family: 'v4',
    inode: null,
    stamped: options.stamped ?? true,
    send: (batch, count, ttl, dscp) => {
      calls.push({ count, ttl, dscp });
      for (const [i, one] of sentIn(batch, count, nowMs).entries()) {
        const { timesMs, numbers } = batch.slots[i] ?? {};
        timesMs?.set([nowMs, (nowMs += one.address === CANARY ? 0 : (options.sendTakesMs ?? 0))]);
        numbers?.set([one.address === CANARY ? 0 : (options.send?.(one) ?? 0)], 1);
        if (one.address !== CANARY) sent.push(one);
        else if (options.canary === true) waiting.push({ packet: replyTo(one), arrivedMs: nowMs });
      }
    },
    receive: () => {
      const [slot] = received.slots;
      if (options.flood === true) {
        nowMs += 0.5;
        return true;
      }
      const next = waiting.shift();
      if (next === undefined || slot === undefined) return false;
      slot.packet.set(next.packet);
      slot.numbers[0] = next.packet.length;
      slot.timesMs[0] = next.arrivedMs;
      slot.address[0] = next.packet.readUInt32BE(12);
      engine.packet(socket, slot);
      return true;
    },
    listen: (on) => (listening = on),
    close: () => undefined,
  };
  const engine = makeEngine({
    now: () => nowMs,
    wakeIn: (ms, wake) => {
      alarm = { atMs: nowMs + ms, wake };
    },
    randomWord: () => (word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0),
    sockets: [socket],
    readDrops: () => drops,
    closed: (rounds) => closed.push(...rounds),
  });
  if (options.limits !== undefined) engine.setLimits(options.limits);
  /** Lets the time go on to `untilMs`, waking the engine when it wants to be. */
  const runTo = (untilMs: number): void => {
    while (alarm !== null && alarm.atMs <= untilMs) {
      const { atMs, wake } = alarm;
      alarm = null;
      nowMs = Math.max(nowMs, atMs);
      wake();
    }
    nowMs = untilMs;
  };
  const answer = (
    one: Sent | undefined,
    change?: (icmp: Buffer) => void,
    {
      source,
      arrivedMs = nowMs,
      unseen = false,
    }: { readonly source?: string; readonly arrivedMs?: number; readonly unseen?: boolean } = {},
  ): void => {
    if (one === undefined) throw new Error('nothing was sent');
    waiting.push({ packet: replyTo(one, change, source), arrivedMs });
    if (listening && !unseen) engine.readable(socket);
  };
  return {
    engine,
    sent,
    calls,
    closed,
    runTo,
    answer,
    listening: () => listening,
    drop: (count: number) => (drops += count),
    stall: (untilMs: number) => (nowMs = untilMs),
  };
};

t.test('a round starts in its phase, spaces its packets, and closes when the last one has timed out', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add(TASK);
  rig.runTo(11_200);

  t.same(
    rig.sent.map(({ atMs }) => Math.round(atMs - 10_250) <= 4),
    [true, false, false],
  );
  t.ok(
    rig.sent.every(({ atMs }, i) => atMs - (10_250 + i * 100) >= 0 && atMs - (10_250 + i * 100) <= 4),
    rig.sent.map(({ atMs }) => atMs).join(' '),
  );
  t.match(rig.closed, [{ slot: 1, startedMs: 10_250, rtts: [null, null, null] }]);
  const [round] = rig.closed;
  t.ok(Math.abs((round?.durationMs ?? 0) - 400) <= 10, `${round?.durationMs} ms`);
});

t.test('replies give RTTs, the second one to a packet is a duplicate, one out of order shows', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add(TASK);
  rig.runTo(10_420);
  rig.answer(rig.sent[1]);
  rig.runTo(10_430);
  rig.answer(rig.sent[0]);
  rig.answer(rig.sent[0]);
  rig.runTo(11_000);

  t.match(rig.closed, [{ duplicates: 1, arrivals: [1, 0], late: 0, ttl: 64 }]);
  t.same(
    rig.closed[0]?.rtts.map((rtt) => rtt !== null),
    [true, true, false],
  );
});

t.test('a late reply is a lost packet, and one after the round has been handed over counts in the next', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add(TASK);
  rig.runTo(10_460);
  rig.answer(rig.sent[0]);
  rig.runTo(11_200);
  rig.answer(rig.sent[2]);
  rig.runTo(12_200);

  t.match(rig.closed, [
    { rtts: [null, null, null], late: 1 },
    { rtts: [null, null, null], late: 1 },
  ]);
});

t.test('a wrong cookie, a foreign source and a shorter reply count as nothing', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add(TASK);
  rig.runTo(10_300);
  rig.answer(rig.sent[0], (icmp) => icmp.writeUInt8((icmp[10] ?? 0) ^ 1, 10));
  rig.answer(rig.sent[0], (icmp) => icmp.writeUInt8((icmp[20] ?? 0) ^ 1, 20));
  rig.answer(rig.sent[0], undefined, { source: '0a000002' });
  rig.runTo(11_200);

  t.match(rig.closed, [{ rtts: [null, null, null], duplicates: 0 }]);
  t.match(rig.engine.counters, { wrongCookie: 2, wrongSource: 1, repliesReceived: 0 });
});

t.test('what was awaited while the socket dropped is unknown, not lost', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add(TASK);
  rig.runTo(10_300);
  rig.drop(3);
  rig.runTo(11_200);

  t.match(rig.closed, [{ unknown: [0, 1, 2], noise: [null, null, Number, 3] }]);
  t.equal(rig.engine.counters.socketDrops, 3);
});

t.test('a reply that lay in the socket while the engine was held up counts from when it came', async (t) => {
  for (const [afterMs, rtts, late] of [
    [40, [null, null, 400_000], 0],
    [220, [null, null, null], 1],
  ] as const) {
    const rig = openRig({ limits: FREE });
    rig.engine.add(TASK);
    rig.runTo(10_500);
    const sentMs = rig.sent[2]?.atMs ?? 0;
    rig.stall(10_700); // the process was stopped: packet 2 times out meanwhile
    rig.answer(rig.sent[2], undefined, { arrivedMs: sentMs + afterMs });
    rig.runTo(11_400);
    t.match(rig.closed[0], { rtts, late });
    t.notOk(rig.closed[0]?.unknown);
  }
});

t.test('without the kernel’s stamps no reply waits for the next tick, and the bound holds how late the engine woke', async (t) => {
  const bounds = [true, false].map((stamped) => {
    const rig = openRig({ limits: FREE, stamped, canary: true });
    rig.engine.add({ ...TASK, spacingMs: 8 });
    rig.runTo(10_252);
    t.equal(rig.listening(), !stamped, 'with stamps it sleeps through what comes before the next packet');
    rig.runTo(10_420);
    rig.stall(10_800);
    rig.runTo(11_400);
    return rig.closed[0]?.noise;
  });
  const [stamped, unstamped] = bounds;
  t.ok((stamped?.[2] ?? 0) > 100, 'it woke late');
  t.equal(unstamped?.[1], (stamped?.[1] ?? 0) + (stamped?.[2] ?? 0));
});

t.test('without limits, and at a denied address, no packet leaves and the round says why', async (t) => {
  for (const [limits, address, reason] of [
    [null, '10.0.0.1', 'no-limits'],
    [FREE, '224.0.0.1', 'denied-network'],
    [FREE, 'fd00::1', 'no-family'],
  ] as const) {
    const rig = openRig({ limits });
    rig.engine.add({ ...TASK, address });
    rig.runTo(11_200);
    t.equal(rig.sent.length, 0, reason);
    t.match(rig.closed, [{ rtts: [], errors: { [reason]: 3 } }]);
  }
});

t.test('limits can be given and taken away while it runs', async (t) => {
  const rig = openRig({ limits: null });
  rig.engine.add(TASK);
  rig.runTo(11_200);
  rig.engine.setLimits(FREE);
  rig.runTo(12_200);
  rig.engine.setLimits(null);
  rig.runTo(13_200);
  t.same(
    rig.closed.map(({ rtts }) => rtts.length),
    [0, 3, 0],
  );
});

t.test('a packet that the kernel refused was not sent', async (t) => {
  const rig = openRig({ limits: FREE, send: () => constants.errno.ENETUNREACH });
  rig.engine.add(TASK);
  rig.runTo(11_200);
  t.match(rig.closed, [{ rtts: [], errors: { 'send-no-route': 3 } }]);
  t.equal(rig.engine.counters.packetsSent, 0);
});

t.test('rounds whose time has gone by are skipped and counted, never made up for', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add(TASK);
  rig.runTo(10_100);
  rig.stall(13_900);
  rig.runTo(14_900);
  t.equal(rig.closed.length, 1);
  t.equal(rig.closed[0]?.startedMs, 14_250);
  t.ok(rig.engine.counters.roundsSkipped >= 1);
  t.equal(rig.sent.length, 3);
});

t.test('a removed task sends nothing more and its open round is not handed over', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add(TASK);
  rig.runTo(10_300);
  rig.engine.remove(1);
  rig.runTo(13_000);
  t.equal(rig.sent.length, 1);
  t.same(rig.closed, []);
});

t.test('what is due together goes out together, by TTL and class, and no more at a time than an outbox holds', async (t) => {
  const rig = openRig({ limits: FREE });
  for (let slot = 0; slot < 70; slot += 1) rig.engine.add({ ...TASK, slot, count: 1, ttl: slot < 40 ? 64 : 32, dscp: slot < 20 ? 0 : 46 });
  rig.runTo(10_900);

  t.equal(rig.sent.length, 70);
  t.ok(rig.calls.every(({ count }) => count <= 64));
  const sent = (ttl: number, dscp: number): number =>
    rig.calls.reduce((sum, call) => sum + (call.ttl === ttl && call.dscp === dscp ? call.count : 0), 0) -
    (ttl === 64 && dscp === 0 ? canaries : 0);
  const canaries = rig.calls.reduce((sum, { count }) => sum + count, 0) - 70;
  t.same([sent(64, 0), sent(64, 46), sent(32, 46)], [20, 20, 30]);
  t.equal(new Set(rig.sent.map(({ packet }) => packet.readUInt16BE(4))).size, 70, 'each is its own task’s');
  t.equal(rig.closed.length, 70);
});

t.test('a reply that waits in the socket when its round should close is no loss, however many are before it', async (t) => {
  const rig = openRig({ limits: FREE });
  rig.engine.add({ ...TASK, count: 1 });
  rig.runTo(10_300);
  const [one] = rig.sent;
  rig.stall(10_600);
  for (let i = 0; i < 100; i += 1) rig.answer(one, (icmp) => icmp.writeUInt16BE(7, 4), { unseen: true }); // of another program
  rig.answer(one, undefined, { arrivedMs: 10_260, unseen: true });
  rig.runTo(10_900);

  t.match(rig.closed, [{ late: 0 }]);
  t.type(rig.closed[0]?.rtts[0], 'number');
});

t.test('a packet whose own sending was held up beyond the timeout is not lost when its reply is there', async (t) => {
  const rig = openRig({ limits: FREE, sendTakesMs: 300 });
  rig.engine.add({ ...TASK, count: 1 });
  rig.runTo(10_560);
  rig.answer(rig.sent[0], undefined, { arrivedMs: 10_550 });
  rig.runTo(11_000);

  t.match(rig.closed, [{ late: 0, rtts: [3_000_000], sends: [3_000_000] }]);
});

t.test('a flood of strangers that is never read to its end holds up no round for ever, and mixes none', async (t) => {
  const rig = openRig({ limits: FREE, flood: true });
  rig.engine.add({ ...TASK, intervalMs: 200, phaseMs: 0, count: 1, timeoutMs: 100 });
  rig.runTo(16_000);

  t.ok(rig.closed.length >= 5, `${rig.closed.length} rounds in six seconds`);
  const starts = rig.closed.map(({ startedMs }) => startedMs);
  t.same(
    starts,
    [...new Set(starts)].toSorted((a, b) => a - b),
    'each once, in order',
  );
});
