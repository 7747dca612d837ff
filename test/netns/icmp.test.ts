import t from 'tap';
import type { IcmpSample } from '../../protocol/probes/icmp.ts';
import { type MeasureOrder, measureIn, sampleOf } from './measurement.ts';
import { compile, openNamespace, openVethPair, whyNoNamespace } from './namespace.ts';
import { startResponder, type TruePacket, type TrueRound, trueRound, V4_PREFIX, V6_PREFIX } from './truth.ts';

// The engine against a responder that knows what it did: counts exact, delays within the error bound.

t.setTimeout(120_000);
const skip = whyNoNamespace() ?? false;
const TIMEOUT_MS = 300;

interface Pair {
  readonly sample: IcmpSample;
  readonly truth: TrueRound;
  readonly packets: readonly TruePacket[];
}

/** Measures the scripted addresses and puts each round beside its truth. */
const measureScript = async (
  script: Readonly<Record<string, string>>,
  order: Partial<MeasureOrder> = {},
): Promise<{ pairs: Pair[]; counters: Record<string, number> }> => {
  using program = compile('responder.cc');
  using namespace = openNamespace('icmp');
  const responder = await startResponder(namespace, program.path, script, 7);
  const options = { count: 20, spacingMs: 20, timeoutMs: TIMEOUT_MS };
  const measured = await measureIn(namespace, {
    addresses: Object.keys(script),
    intervalMs: 1_000,
    options,
    rounds: 3,
    nice: -10,
    durationMs: 12_000,
    ...order,
  });
  const truth = await responder.stop();
  const given = new Map<string, number>();
  const pairs = measured.rounds.map(({ address, round }): Pair => {
    const sample = sampleOf(round);
    const from = given.get(address) ?? 0;
    given.set(address, from + sample.sent);
    const packets = truth.get(address)?.slice(from, from + sample.sent) ?? [];
    return { sample, truth: trueRound(packets, TIMEOUT_MS), packets };
  });
  return { pairs, counters: { ...measured.report.counters } };
};

t.test('loss, duplicates and reordering are counted exactly, for both families', { skip }, async (t) => {
  const behaviour = 'delay=3000 jitter=2000 loss=0.15 dup=0.2 dupafter=700 reorder=0.15 reorderby=45000';
  const { pairs } = await measureScript({ [`${V4_PREFIX}.1`]: behaviour, [`${V4_PREFIX}.2`]: 'delay=0', [`${V6_PREFIX}:1`]: behaviour });

  t.equal(pairs.length, 9);
  for (const { sample, truth } of pairs) {
    const { sent, lost, late, duplicates, reordered, longestLossRun } = sample;
    const {
      sent: trueSent,
      lost: trueLost,
      late: trueLate,
      duplicates: trueDuplicates,
      reordered: trueReordered,
      longestLossRun: trueRun,
    } = truth;
    t.same(
      { sent, lost, late, duplicates, reordered, longestLossRun },
      { sent: trueSent, lost: trueLost, late: trueLate, duplicates: trueDuplicates, reordered: trueReordered, longestLossRun: trueRun },
    );
    t.equal(sample.sent, sample.received + sample.lost + sample.unknown);
  }
  for (const what of ['lost', 'duplicates', 'reordered'] as const)
    t.ok(
      pairs.some(({ truth }) => truth[what] > 0),
      `the responder did make some ${what}`,
    );
});

t.test('delays are as true as the error bound says, and variation is what its formula gives on the true delays', { skip }, async (t) => {
  const { pairs } = await measureScript({ [`${V4_PREFIX}.1`]: 'delay=20000 jitter=10000', [`${V6_PREFIX}:1`]: 'delay=5000 jitter=1000' });

  // How close it comes on a quiet machine, the accuracy benchmark says; here other tests run, and the bound must know it.
  const within = (what: string, of: (pair: Pair) => readonly [number | null | undefined, number | null]): void => {
    const inside = pairs.filter((pair) => {
      const [measured, truth] = of(pair);
      return Math.abs((measured ?? Number.NaN) - (truth ?? Number.NaN)) <= Math.max(0.05, pair.sample.errorBound.boundMs);
    });
    t.ok(inside.length >= pairs.length / 2, `${what}: ${inside.length} of ${pairs.length} rounds`);
  };
  within('median RTT', ({ sample, truth }) => [sample.rtt?.medianMs, truth.medianMs]);
  within('mean RTT', ({ sample, truth }) => [sample.rtt?.meanMs, truth.meanMs]);
  within('IPDV', ({ sample, truth }) => [sample.variation?.ipdvMeanAbsMs, truth.ipdvMeanAbsMs]);
  within('RFC 3550 jitter', ({ sample, truth }) => [sample.variation?.jitterRfc3550Ms, truth.jitterRfc3550Ms]);
  t.ok(
    pairs.every(({ sample }) => (sample.address.includes(':') ? sample.ttl === null : sample.ttl === 64)),
    'the reply TTL, for IPv4 only',
  );
});

t.test('a reply after the timeout is a lost packet and counted late', { skip }, async (t) => {
  const { pairs } = await measureScript({ [`${V4_PREFIX}.1`]: 'delay=200000 jitter=20000 reorder=0.5 reorderby=180000' });

  for (const { sample, truth } of pairs) t.match(sample, { received: truth.sent - truth.lost, lost: truth.lost, unknown: 0 });
  const late = (of: (pair: Pair) => number): number => pairs.reduce((sum, pair) => sum + of(pair), 0);
  t.ok(late(({ truth }) => truth.late) > 5, 'the responder was late often');
  // What comes after the last round has been handed over is nobody's.
  t.ok(
    late(({ truth }) => truth.late) - late(({ sample }) => sample.late) <= (pairs.at(-1)?.truth.late ?? 0),
    'late replies are found, if need be in the next round',
  );
});

t.test('a wrong cookie and a truncated packet count as nothing, an ICMP error counts by its name', { skip }, async (t) => {
  const script = {
    [`${V4_PREFIX}.1`]: 'wrongcookie=0.3',
    [`${V4_PREFIX}.2`]: 'truncated=0.3',
    [`${V4_PREFIX}.3`]: 'unreachable=0.3',
    [`${V6_PREFIX}:3`]: 'unreachable=0.3 wrongcookie=0.1 truncated=0.1',
  };
  const { pairs, counters } = await measureScript(script);

  const all = pairs.flatMap(({ packets }) => packets);
  const fated = (fate: string, packets: readonly TruePacket[]): number => packets.filter((packet) => packet.fate === fate).length;
  for (const { sample, truth, packets } of pairs) {
    t.equal(sample.lost, truth.lost);
    t.equal(sample.errors['host-unreachable'] ?? 0, fated('unreachable', packets));
  }
  t.match(counters, { wrongCookie: fated('wrongcookie', all), truncated: fated('truncated', all) });
  for (const fate of ['wrongcookie', 'truncated', 'unreachable']) t.ok(fated(fate, all) > 0, `the responder did make some ${fate}`);
});

t.test('the guard rails hold where packets are sent: a witness sees no more than they allow', { skip }, async (t) => {
  const limits = { perTarget: { packetsPerSecond: 5, burstPackets: 10, bytesPerSecond: 1e6 } };
  const { pairs, counters } = await measureScript({ [`${V4_PREFIX}.1`]: '' }, { limits });

  const sent = pairs.reduce((sum, { sample }) => sum + sample.sent, 0);
  t.equal(
    sent,
    pairs.reduce((sum, { packets }) => sum + packets.length, 0),
    'what was said to be sent is what was seen',
  );
  t.ok(sent <= 10 + 5 * 6, `${sent} packets in about four seconds`);
  t.equal(
    counters['guardRailHits'],
    pairs.reduce((sum, { sample }) => sum + (sample.errors['guard-rail'] ?? 0), 0),
  );
});

t.test('a link-local address is reached by its interface; without the interface the round says why', { skip }, async (t) => {
  using pair = openVethPair('link');
  pair.near.ip('addr add fe80::1/64 dev v0 nodad');
  pair.far.ip('addr add fe80::2/64 dev v1 nodad');
  const { rounds } = await measureIn(pair.near, {
    addresses: ['fe80::2%v0', 'fe80::2%gone'],
    intervalMs: 1_000,
    options: { count: 5, spacingMs: 20, timeoutMs: TIMEOUT_MS },
    rounds: 2,
    durationMs: 12_000,
  });

  for (const { address, round } of rounds)
    if (address === 'fe80::2%v0') t.match(sampleOf(round), { address, sent: 5, received: 5, lost: 0 });
    else t.match(round.outcome, { status: 'failed', blame: 'agent', reason: 'send-no-interface' });
  t.equal(rounds.length, 4);
});
