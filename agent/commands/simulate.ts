import { systemRandom } from '../../protocol/random.ts';
import { slept, systemClock } from '../../protocol/time.ts';
import { makeLog } from '../log.ts';
import { EXIT, type Settings } from '../settings.ts';
import { runSimulatedFleet, type SimulatedCounters } from '../simulate/fleet.ts';
import { type PathModel, parseModel } from '../simulate/outcomes.ts';

export interface SimulateFlags {
  readonly broker: string;
  readonly agents: string;
  readonly roundsPerSecond: string;
  readonly targets: string;
  readonly collectMs: string;
  readonly model: string;
  readonly prefix: string;
  readonly json?: boolean;
}

const TELL_MS = 5_000;

/** `agent simulate`: a made-up fleet against a broker that lets one client speak for all. Returns the exit code. */
export const simulate = async (settings: Settings, flags: SimulateFlags, signal: AbortSignal): Promise<number> => {
  const log = makeLog(systemClock, settings.logLevel, process.stderr.isTTY === true, (line) => void process.stderr.write(line));
  const counters: SimulatedCounters = { rounds: 0, batches: 0, bytes: 0, acknowledged: 0, refused: 0 };
  const tell = (): void => {
    const { rounds, batches, acknowledged, refused } = counters;
    if (flags.json === true) process.stdout.write(`${JSON.stringify(counters)}\n`);
    else log.info('simulated', `${rounds} rounds in ${batches} batches sent, ${acknowledged} acknowledged, ${refused} refused`);
  };
  let model: PathModel;
  try {
    model = parseModel(flags.model);
  } catch (error) {
    log.error('bad-model', error instanceof Error ? error.message : String(error));
    return EXIT.usage;
  }
  const running = runSimulatedFleet(
    {
      brokerUrl: flags.broker,
      agents: positive('agents', flags.agents),
      roundsPerSecond: positive('rounds-per-second', flags.roundsPerSecond),
      targets: positive('targets', flags.targets),
      collectMs: positive('collect-ms', flags.collectMs),
      model,
      prefix: flags.prefix,
      clock: systemClock,
      random: systemRandom,
      log,
    },
    counters,
    signal,
  );
  const telling = (async (): Promise<void> => {
    while (await slept(systemClock, TELL_MS, signal)) tell();
  })();
  await running;
  await telling;
  tell();
  return EXIT.ok;
};

const positive = (name: string, text: string): number => {
  const number = Number(text);
  if (!(Number.isFinite(number) && number > 0)) throw new Error(`--${name} ${text}: a number above 0`);
  return number;
};
