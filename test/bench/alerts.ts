// npm run bench -- alerts: what the rules cost, how soon a page is out, what a backtest takes, and what a storm becomes.
import { measureBacktest } from './alerts/history.ts';
import { measureLatency } from './alerts/latency.ts';
import { measureStorm } from './alerts/storm.ts';
import { measureThroughput } from './alerts/throughput.ts';
import { atMost, type Bench, type Bound } from './bench.ts';

export const alerts: Bench = {
  about: 'the rules: 100,000 live series, page latency, a backtest of 30 days, a storm',
  async run(say, words) {
    const isShort = words.includes('--short');
    const days = isShort ? 3 : 30;
    const live = await measureThroughput(isShort ? 20 : 60, say);
    const storm = await measureStorm();
    say(`storm: ${storm.causes.join(', ')}`);
    const latency = await measureLatency(isShort ? 10 : 60);
    const past = await measureBacktest(days, say);
    const exactly = (name: string, measured: number, wanted: number): Bound => ({
      name,
      measured,
      wanted: `${wanted}`,
      holds: measured === wanted,
    });
    const limitMs = latency.roundMs + latency.timeoutMs + 2_000;
    return {
      figures: {
        'share of one core at 10,000 rounds a second and 1,000 rules': live.coreShare,
        'incidents meanwhile': live.incidents,
        'slowest 2,000 rounds, ms': live.slowestConsumeMs,
        'storm: incidents': storm.incidents,
        'storm: notifications that it began': storm.notifications,
        'storm: slowest batch, ms': storm.slowestConsumeMs,
        'pages timed': latency.pages,
        'page latency p50, ms': latency.p50Ms,
        'page latency p99, ms': latency.p99Ms,
        'backtest: days of 500 series': days,
        'backtest, s': past.seconds,
        'backtest: incidents found': past.incidents,
        'backtest: rounds stored': past.roundsStored,
        'backtest: rounds read one by one': past.roundsRead,
      },
      bounds: [
        atMost('share of one core', live.coreShare, 0.5, ''),
        exactly('storm: incidents of three causes', storm.incidents, 3),
        atMost('storm: notifications', storm.notifications, 5, ''),
        atMost('storm: slowest batch', storm.slowestConsumeMs, 2_000, 'ms'),
        atMost(
          'page latency p99',
          latency.p99Ms,
          limitMs,
          'ms',
          `one round of ${latency.roundMs} ms, a timeout of ${latency.timeoutMs} ms, and 2 s`,
        ),
        atMost(`backtest of ${days} days`, past.seconds, (10 * days) / 30, 's'),
        exactly('backtest: incidents', past.incidents, past.expected),
      ],
    };
  },
};
