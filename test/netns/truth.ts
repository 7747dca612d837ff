import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { mean } from '../../agent/stats/delay.ts';
import { type Namespace, said } from './namespace.ts';

// The responder's own account of what it did to each packet: the truth that measurements are held against.

export interface TruePacket {
  /** What the responder did to the packet: reply, lost, unreachable, wrongcookie, truncated. */
  readonly fate: string;
  /** From the request's leaving the kernel to the writing of the reply, ms; null when no true reply was written. */
  readonly delayMs: number | null;
  /** When the reply was written, in ns; for the order of arrival. */
  readonly repliedNs: number | null;
  readonly duplicates: number;
}

export interface Responder {
  /** Stops it and gives what it did: by address, the packets in the order of sending. */
  stop(): Promise<ReadonlyMap<string, readonly TruePacket[]>>;
}

export const V4_PREFIX = '10.210.0';
export const V6_PREFIX = 'fd00:210:';

/** Starts it on a TUN device; its addresses lie in V4_PREFIX and V6_PREFIX. `script`: by address, `delay=20000 loss=0.1 …` (responder.cc). */
export const startResponder = async (
  namespace: Namespace,
  program: string,
  script: Readonly<Record<string, string>>,
  seed: number,
): Promise<Responder> => {
  const child = namespace.spawn([program, 'tun0', String(seed)]);
  const account = child.stdout === null ? Promise.resolve('') : text(child.stdout);
  const ready = said(child, 'ready');
  child.stdin?.end(
    Object.entries(script)
      .map(([address, behaviour]) => `${address} ${behaviour}\n`)
      .join(''),
  );
  await ready;
  namespace.ip('link set tun0 up');
  namespace.ip(`addr add ${V4_PREFIX}.254/24 dev tun0`);
  namespace.ip(`addr add ${V6_PREFIX}:fe/64 dev tun0 nodad`);
  return {
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      return parseTruth(await account);
    },
  };
};

export const parseTruth = (account: string): Map<string, TruePacket[]> => {
  interface Open {
    readonly fate: string;
    readonly readNs: number;
    repliedNs: number | null;
    duplicates: number;
  }
  const byAddress = new Map<string, Map<string, Open>>();
  for (const line of account.split('\n')) {
    const [what, ns = '', address = '', id = '', seq = '', kind = ''] = line.split(' ');
    const packets = byAddress.get(address) ?? new Map<string, Open>();
    const key = `${id} ${seq}`;
    const packet = packets.get(key);
    if (what === 'R') {
      byAddress.set(address, packets);
      packets.set(key, { fate: kind, readNs: Number(ns), repliedNs: null, duplicates: 0 });
    } else if (packet !== undefined && kind === 'dup') packet.duplicates += 1;
    else if (packet !== undefined && kind === 'reply') packet.repliedNs = Number(ns);
  }
  const finished = ({ fate, readNs, repliedNs, duplicates }: Open): TruePacket => ({
    fate,
    repliedNs,
    duplicates,
    delayMs: repliedNs === null ? null : (repliedNs - readNs) / 1e6,
  });
  return new Map(Array.from(byAddress, ([address, packets]) => [address, Array.from(packets.values(), finished)]));
};

/** What a perfect agent would report of these packets, worked out from the definitions and not by the product's code. */
export interface TrueRound {
  readonly sent: number;
  readonly lost: number;
  readonly late: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly longestLossRun: number;
  readonly medianMs: number | null;
  readonly minMs: number | null;
  readonly maxMs: number | null;
  readonly meanMs: number | null;
  readonly ipdvMeanAbsMs: number | null;
  readonly pdvMaxMs: number | null;
  readonly jitterRfc3550Ms: number | null;
}

export const trueRound = (packets: readonly TruePacket[], timeoutMs: number): TrueRound => {
  const delays = packets.map(({ delayMs }) => (delayMs !== null && delayMs <= timeoutMs ? delayMs : null));
  const received = delays.filter((delay) => delay !== null);
  const inOrder = received.toSorted((a, b) => a - b);
  const arrived = packets.filter((_, i) => delays[i] !== null);
  const isReordered = (packet: TruePacket, i: number): boolean =>
    arrived.slice(i + 1).some((later) => (later.repliedNs ?? 0) < (packet.repliedNs ?? 0));
  const steps = delays.flatMap((delay, i) => {
    const before = delays[i - 1];
    return delay === null || before === null || before === undefined ? [] : [Math.abs(delay - before)];
  });
  const lossRuns = delays
    .map((delay) => (delay === null ? 'x' : '.'))
    .join('')
    .split('.');
  return {
    sent: packets.length,
    lost: packets.length - received.length,
    late: packets.filter(({ delayMs }) => delayMs !== null && delayMs > timeoutMs).length,
    duplicates: packets.reduce((sum, packet) => sum + packet.duplicates, 0),
    reordered: arrived.filter(isReordered).length,
    longestLossRun: Math.max(...lossRuns.map((run) => run.length)),
    medianMs: inOrder[Math.ceil(inOrder.length / 2) - 1] ?? null,
    minMs: inOrder[0] ?? null,
    maxMs: inOrder.at(-1) ?? null,
    meanMs: received.length === 0 ? null : mean(received),
    ipdvMeanAbsMs: steps.length === 0 ? null : mean(steps),
    pdvMaxMs: received.length < 2 ? null : Math.max(...received) - Math.min(...received),
    jitterRfc3550Ms:
      received.length < 2
        ? null
        : received.slice(1).reduce((jitter, delay, i) => jitter + (Math.abs(delay - (received[i] ?? 0)) - jitter) / 16, 0),
  };
};
