// Ten million rounds through the whole controller into the embedded store: its memory must not grow with what has gone through.
import { setTimeout as delay } from 'node:timers/promises';
import { mosquittoMissing, openLoadStage } from '../helpers/load-stage.ts';
import { atMost, type Bench } from './bench.ts';
import { rssOf } from './ingest-stage.ts';

const SAMPLE_MS = 2_000;
const GROWTH = 1.1;

interface Sample {
  readonly stored: number;
  readonly rssMiB: number;
}

export const memory: Bench = {
  about: 'resident memory of the controller while ten million rounds go through it',
  async run(say, words) {
    if (mosquittoMissing !== false) throw new Error(mosquittoMissing);
    const rounds = words.includes('--short') ? 400_000 : 10_000_000;
    const rate = Number(words.find((word) => word.startsWith('--rate='))?.slice(7) ?? 8_000);
    await using stage = await openLoadStage({ agents: 200, targets: 20, flags: [] });
    await stage.startController();
    const fleet = stage.simulate(['--rounds-per-second', String(rate), '--collect-ms', '1000']);
    const samples: Sample[] = [];
    let told = 0;
    for (let stored = 0; stored < rounds; ) {
      await delay(SAMPLE_MS);
      stored = await stage.metric('sonde_rounds_stored_total');
      samples.push({ stored, rssMiB: rssOf(stage.processes()['controller'] ?? 0) });
      if (stored - told < rounds / 20) continue;
      told = stored;
      say(`${stored} rounds stored, ${Math.round(samples.at(-1)?.rssMiB ?? 0)} MiB`);
    }
    const sent = await fleet.stop();
    const [second, last] = [quarter(samples, rounds, 1), quarter(samples, rounds, 3)];
    const slope = (last - second) / (rounds / 2 / 1e6);
    return {
      figures: {
        'rounds stored': samples.at(-1)?.stored ?? null,
        'rounds sent': sent.rounds,
        'most, MiB': Math.max(...samples.map(({ rssMiB }) => rssMiB)),
        'mean of the second quarter, MiB': second,
        'mean of the last quarter, MiB': last,
        'growth, MiB a million rounds': slope,
      },
      bounds: [atMost('memory of the last quarter / of the second', last / second, GROWTH, '')],
    };
  },
};

/** The mean over one quarter of the way, 0 to 3. */
const quarter = (samples: readonly Sample[], rounds: number, which: number): number => {
  const inside = samples.filter(({ stored }) => Math.min(3, Math.floor((4 * stored) / rounds)) === which);
  return inside.reduce((sum, { rssMiB }) => sum + rssMiB, 0) / inside.length;
};
