import t from 'tap';
import { type Face, type Known, nothingKnown, recognise } from '../../../../../agent/probes/snmp/identity.ts';
import { type PortReading, ratesOf } from '../../../../../agent/probes/snmp/rates.ts';
import type { CounterReading } from '../../../../../agent/stats/counter.ts';
import { hasRestarted, type UpTime } from '../../../../../agent/stats/up-time.ts';

const SCRIPTS = 100_000;
const POLLS = 6;
const PORTS = 2;

/** xorshift32: the same scripts every time. */
const makeDice = (seed: number) => {
  let state = seed | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return { chance: (share: number) => next() < share, upTo: (most: number) => Math.floor(next() * most), fraction: next };
};
type Dice = ReturnType<typeof makeDice>;

/** A port with its truth: every octet that ever passed it. */
interface Port {
  readonly name: string;
  readonly bits: 32 | 64;
  readonly speedBps: number;
  index: number;
  shown: bigint;
  packets: bigint;
  /** Octets since the last reading, and whether something was reset meanwhile. */
  passed: number;
  broken: boolean;
  discontinuityCs: number;
}

const SPEEDS = { 32: [10e6, 100e6], 64: [100e6, 1e9, 100e9, 400e9] } as const;

const makePort = (dice: Dice, i: number): Port => {
  const bits = dice.chance(0.5) ? 64 : 32;
  const top = 2n ** BigInt(bits);
  // Half of them close to the top, so that they wrap soon.
  const shown = dice.chance(0.5) ? top - BigInt(dice.upTo(2 ** 31)) - 1n : BigInt(dice.upTo(2 ** 48)) % top;
  const speeds = SPEEDS[bits];
  const speedBps = speeds[dice.upTo(speeds.length)] ?? 1e9;
  const packets = BigInt(10_000 + dice.upTo(2 ** 40)) % top;
  return { name: `eth${i}`, bits, speedBps, index: i, shown, packets, passed: 0, broken: false, discontinuityCs: 0 };
};

const pass = (port: Port, seconds: number, dice: Dice): void => {
  const top = 2n ** BigInt(port.bits);
  const octets = Math.floor((port.speedBps / 8) * seconds * dice.fraction() * (dice.chance(0.3) ? 1 : 0.01));
  port.shown = (port.shown + BigInt(octets)) % top;
  port.packets = (port.packets + BigInt(Math.floor(octets / 700) + 1)) % top;
  port.passed += octets;
};

const reset = (port: Port, dice: Dice): void => {
  port.shown = BigInt(dice.upTo(1_000));
  port.packets = BigInt(dice.upTo(10));
  port.broken = true;
};

const readingOf = (port: Port, atMs: number): PortReading => {
  const [octets, packets] = port.bits === 64 ? ['ifHCInOctets', 'ifHCInUcastPkts'] : ['ifInOctets', 'ifInUcastPkts'];
  const counters = new Map<string, CounterReading>([
    [octets, { value: port.shown, bits: port.bits }],
    [packets, { value: port.packets, bits: port.bits }],
  ]);
  return { atMs, restAtMs: atMs, counters, discontinuityCs: port.discontinuityCs, speedBps: port.speedBps, type: 6 };
};

const faceOf = ({ index, name }: Port): Face => ({
  index,
  name,
  alias: '',
  physAddress: `02:00:00:00:00:${name.slice(3).padStart(2, '0')}`,
});

interface Fault {
  readonly what: string;
  readonly script: number;
}

/** One device's life of some polls; what its rates got wrong. */
const play = (script: number, counts: { exact: number; none: number }): Fault | null => {
  const dice = makeDice(script * 2_654_435_761);
  const ports = Array.from({ length: PORTS }, (_, i) => makePort(dice, i + 1));
  const readings = new Map<string, PortReading>();
  let known: Known = nothingKnown;
  let ids: ReadonlyMap<number, string> | null = null;
  let [nowMs, bootMs] = [0, -dice.upTo(40_000_000) * 1_000];
  let before: UpTime | null = null;
  for (let poll = 0; poll < POLLS; poll += 1) {
    // On time, late, or after some that were missed.
    const seconds = (dice.chance(0.8) ? 60 : dice.chance(0.5) ? 63.7 : 60 * (2 + dice.upTo(3))) + dice.fraction();
    nowMs += seconds * 1_000;
    for (const port of ports) pass(port, seconds, dice);
    const reboots = dice.chance(0.05);
    if (reboots) bootMs = nowMs - dice.upTo(Math.floor(seconds * 900));
    for (const port of ports) {
      if (reboots || dice.chance(0.05)) reset(port, dice);
      else if (dice.chance(0.03)) {
        reset(port, dice);
        port.discontinuityCs += 1 + dice.upTo(1_000);
      }
    }
    const renumbered = dice.chance(0.1);
    const from = dice.upTo(3);
    if (renumbered) for (const [i, port] of ports.entries()) port.index = 1 + ((from + ports.length - i) % (ports.length + 1));
    const upTime = { cs: Math.floor((nowMs - bootMs) / 10) % 2 ** 32, atMs: nowMs };
    const restarted = before !== null && hasRestarted(before, upTime);
    before = upTime;
    if (ids === null || renumbered) {
      const recognised = recognise(known, 'sw', ports.map(faceOf));
      ({ known, ids } = recognised);
    }
    for (const port of ports) {
      const id = ids.get(port.index) ?? '';
      if (id !== port.name) return { what: `${port.name} is taken for ${id}`, script };
      const now = readingOf(port, nowMs);
      const { rates } = ratesOf(readings.get(id), now, { restarted, fastestBps: null });
      readings.set(id, now);
      const fault = judge(port, rates, counts);
      if (fault !== null) return { what: fault, script };
      port.passed = 0;
      port.broken = false;
    }
  }
  return null;
};

const judge = (port: Port, rates: ReturnType<typeof ratesOf>['rates'], counts: { exact: number; none: number }): string | null => {
  if (rates === null) {
    counts.none += 1;
    return null;
  }
  const { inBitsPerSecond = 0, inOctets = 0, inUtilizationRatio = 0, inPacketsPerSecond = 0 } = rates;
  if (!(inBitsPerSecond >= 0 && inOctets >= 0 && inPacketsPerSecond >= 0)) return `negative: ${JSON.stringify(rates)}`;
  if (!(inBitsPerSecond <= port.speedBps && inUtilizationRatio <= 1)) return `impossible: ${JSON.stringify(rates)}`;
  if (port.broken) return null;
  if (inOctets !== port.passed) return `${inOctets} octets instead of ${port.passed}`;
  counts.exact += 1;
  return null;
};

t.test(`rates: ${SCRIPTS} scripts of wraps, resets, reboots, renumbering, missed and late polls`, async (t) => {
  const counts = { exact: 0, none: 0 };
  const faults = Array.from({ length: SCRIPTS }, (_, i) => play(i + 1, counts)).filter((fault) => fault !== null);
  t.same(faults.slice(0, 5), [], 'no negative rate, no impossible one, no port taken for another, every octet counted');
  t.ok(counts.exact > 0.6 * SCRIPTS * POLLS * PORTS, `${counts.exact} readings were exact, ${counts.none} said why there is none`);
});
