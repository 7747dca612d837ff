// What one round costs the controller at each step, measured one after the other on the same batches: what bounds ingest is the dearest line.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import { parseModel, simulateOutcome } from '../../agent/simulate/outcomes.ts';
import { openArrivalLog } from '../../controller/arrivals/log.ts';
import { parseBatch } from '../../controller/ingest/batch.ts';
import { openFieldTypes } from '../../controller/series/influx/field-types.ts';
import { openEncoder } from '../../controller/series/influx/lines.ts';
import { pointOf } from '../../controller/series/schema.ts';
import { encode } from '../../protocol/codec.ts';
import { systemRandom } from '../../protocol/random.ts';
import type { Round } from '../../protocol/round.ts';
import type { Point } from '../../controller/series/store.ts';

export interface PartCost {
  readonly part: string;
  readonly microsecondsARound: number;
  /** False: a part of another step. */
  readonly isWhole: boolean;
}

const ROUNDS = 20_000;
const model = parseModel('loss=0.001,rtt=20±3');
const pool = Array.from({ length: 500 }, () => simulateOutcome(model, systemRandom));

/** Made-up rounds of many series, as the fleet sends them. */
export const makeRounds = (count: number, agents: number, targets: number, from: number): { agent: string; round: Round }[] =>
  Array.from({ length: count }, (_, i) => ({
    agent: `sim-${(i % agents) + 1}`,
    round: {
      seq: i + 1,
      task: `t${(Math.floor(i / agents) % targets) + 1}/icmp`,
      at: from + Math.floor(i / (agents * targets)) * 10_000 + (i % 7_919),
      durationMs: 10_000,
      intervalMs: 10_000,
      time: { source: 'controller', boundMs: 0.4, ageS: 12 },
      outcome: pool[i % pool.length] ?? simulateOutcome(model, systemRandom),
    },
  }));

/** `batchRounds`: how many rounds one message carries. The first time compiles. */
export const measureParts = (batchRounds: number): PartCost[] => [1, 2].map(() => measureOnce(batchRounds)).at(-1) ?? [];

const measureOnce = (batchRounds: number): PartCost[] => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-parts-'));
  const db = new DatabaseSync(join(directory, 'arrivals.db'));
  const log = openArrivalLog(db, { capBytes: 1e12, consumers: ['store'], startAfter: 0, parse: () => null });
  const rounds = makeRounds(ROUNDS, 100, 20, 1_800_000_000_000);
  const bodies: Uint8Array[] = [];
  for (let i = 0; i < rounds.length; i += batchRounds) {
    const part = rounds.slice(i, i + batchRounds).map(({ round }) => round);
    bodies.push(encode({ v: 1, epoch: '00112233aabbccdd', lane: 'fresh', lowest: 1, upTo: 1_800_000_000_000, rounds: part }));
  }
  const costs: PartCost[] = [];
  const timed = <T>(part: string, work: () => T, isWhole = true): T => {
    const began = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(began); // CPU, not time: a busy machine must not be what is measured
    costs.push({ part, microsecondsARound: (user + system) / ROUNDS, isWhole });
    return result;
  };
  const raw = timed('decompress', () => bodies.map((body) => (body[0] === 0x28 ? zstdDecompressSync(body) : body)), false);
  timed('JSON.parse', () => raw.map((text) => JSON.parse(Buffer.from(text).toString('utf8'))), false);
  const whole = timed('decompress, parse and validate', () => bodies.map((body) => parseBatch(body)));
  const batches = whole.flatMap((parsed) => (parsed.ok ? [parsed.value.batch] : []));
  timed(`commit (a transaction a thousand rounds)`, () => {
    const each = Math.max(1, Math.floor(1_000 / batchRounds));
    for (let i = 0; i < batches.length; i += each)
      log.append(
        batches
          .slice(i, i + each)
          .map((batch, j) => ({ agent: `sim-${(i + j) % 100}`, batch, body: bodies[i + j] ?? new Uint8Array(), held: null, refused: [] })),
        1_800_000_000_000,
      );
  });
  const points: Point[] = timed('points', () => rounds.map(({ agent, round }) => pointOf(agent, round, {})));
  const encoder = openEncoder(openFieldTypes());
  timed('line protocol', () => points.map((point) => encoder.encode(point)));
  db.close();
  rmSync(directory, { recursive: true, force: true });
  return costs;
};
