import type { SmokeColumn } from '../../protocol/api.ts';
import type { Part } from './part.ts';
import { SPACING_MS, type Stage } from './stage.ts';

/** tcpdump beside the agent (AF_PACKET): when each echo request left, by the machine's own clock. */
export interface Witness {
  /** ms since the epoch, in the order of sending. */
  sentTo(address: string): readonly number[];
  /** Ends it. Throws when the kernel had to drop packets, for then it is no witness. */
  stop(): Promise<void>;
}

const LINE = /^(\d+\.\d+) IP \S+ > (\d+\.\d+\.\d+\.\d+): ICMP echo request/;

export const startWitness = async (stage: Stage): Promise<Witness> => {
  const part: Part = stage.run([
    'tcpdump',
    '-i',
    stage.interface,
    '-tt',
    '-n',
    '-l',
    '--immediate-mode',
    '-Z',
    'root',
    'icmp[icmptype] == 8',
  ]);
  await part.heard('listening on', 10_000);
  return {
    sentTo: (address) =>
      part.lines.flatMap((line) => {
        const [, seconds, to] = LINE.exec(line) ?? [];
        return to === address ? [Number(seconds) * 1_000] : [];
      }),
    stop: async () => {
      await part.end('SIGINT');
      if (!part.lines.some((line) => line.startsWith('0 packets dropped by kernel'))) throw new Error(`no witness: ${part.tail()}`);
    },
  };
};

/** What the store says, beside what the witness saw. */
export interface Account {
  readonly rounds: number;
  /** Packets that the witness saw until the end of the newest stored round. */
  readonly witnessed: number;
  /** Packets that the stored rounds say were sent. */
  readonly stored: number;
  /** Rounds whose time another one has too, and stored rounds of which the witness saw nothing. */
  readonly doubled: number;
  readonly lost: number;
  readonly failed: number;
  /** Between a round's timestamp and the nearest packet: what a busy machine does to single rounds aside, and the worst one, ms. */
  readonly stampMedianMs: number;
  readonly stampWorstMs: number;
}

export const reconcile = (sent: readonly number[], rounds: readonly SmokeColumn[]): Account => {
  const newest = rounds.at(-1);
  const until = newest === undefined ? 0 : newest.endAt + SPACING_MS / 2;
  const seen = sent.filter((at) => at <= until);
  const distances = rounds.map(({ at }) => Math.min(...sent.map((packet) => Math.abs(packet - at))));
  const total = (of: 'sent' | 'lost' | 'failed'): number => rounds.reduce((sum, round) => sum + round[of], 0);
  const times = new Set(rounds.map(({ at }) => at));
  return {
    rounds: rounds.length,
    witnessed: seen.length,
    stored: total('sent'),
    doubled: rounds.length - times.size,
    lost: total('lost'),
    failed: total('failed'),
    stampMedianMs: medianOf(distances),
    stampWorstMs: Math.max(0, ...distances),
  };
};

const medianOf = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** One account of several targets. */
export const together = (accounts: readonly Account[]): Account => {
  const total = (of: Exclude<keyof Account, 'stampMedianMs' | 'stampWorstMs'>): number =>
    accounts.reduce((sum, account) => sum + account[of], 0);
  return {
    rounds: total('rounds'),
    witnessed: total('witnessed'),
    stored: total('stored'),
    doubled: total('doubled'),
    lost: total('lost'),
    failed: total('failed'),
    stampMedianMs: Math.max(...accounts.map(({ stampMedianMs }) => stampMedianMs)),
    stampWorstMs: Math.max(...accounts.map(({ stampWorstMs }) => stampWorstMs)),
  };
};

/** Before anything was measured. */
export const nothing: Account = {
  rounds: 0,
  witnessed: 0,
  stored: 0,
  doubled: 0,
  lost: 0,
  failed: 0,
  stampMedianMs: 0,
  stampWorstMs: 0,
};

/** One row of the fault table. */
export const row = (fault: string, times: number, account: Account, settledS: number): string =>
  `${fault.padEnd(24)} ×${String(times).padEnd(3)} rounds ${account.rounds}, witness ${account.witnessed}, stored ${account.stored}, ` +
  `missing ${account.witnessed - account.stored}, doubled ${account.doubled}, lost ${account.lost}, stamps ±${account.stampMedianMs.toFixed(1)} ms (worst ${account.stampWorstMs.toFixed(0)}), settled in ${settledS.toFixed(1)} s`;
