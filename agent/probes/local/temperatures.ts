import type { HostSample } from '../../../protocol/probes/host.ts';
import type { Machine } from './machine.ts';

type Temperature = HostSample['temperatures'][number];
interface Sensor {
  readonly sensor: string;
  readonly path: string;
  readonly criticalCelsius: number | null;
}

const THERMAL = '/sys/class/thermal';
const HWMON = '/sys/class/hwmon';
/** What is outside is a sensor that is not connected. */
const LOWEST = -60;
const HIGHEST = 200;
const MOST_SENSORS = 64;

/** The sensors of this machine; empty on most virtual ones. They are found once: hardware that is plugged in later waits for the next start. */
export const findSensors = (machine: Machine): readonly Sensor[] => {
  const zones = machine
    .listNow(THERMAL)
    .filter((name) => name.startsWith('thermal_zone'))
    .map((name): Sensor => {
      const type = machine.readNow(`${THERMAL}/${name}/type`)?.trim() ?? '';
      return { sensor: type === '' ? name : type, path: `${THERMAL}/${name}/temp`, criticalCelsius: null };
    });
  const chips = machine.listNow(HWMON).flatMap((chip) => {
    const name = machine.readNow(`${HWMON}/${chip}/name`)?.trim() ?? chip;
    const inputs = machine.listNow(`${HWMON}/${chip}`).flatMap((file) => /^(temp\d+)_input$/.exec(file)?.[1] ?? []);
    return inputs.map((input): Sensor => {
      const base = `${HWMON}/${chip}/${input}`;
      const label = machine.readNow(`${base}_label`)?.trim() ?? input;
      const critical = celsius(machine.readNow(`${base}_crit`));
      return { sensor: `${name} ${label}`, path: `${base}_input`, criticalCelsius: critical };
    });
  });
  return [...zones, ...chips].slice(0, MOST_SENSORS).map((sensor, index, all) => {
    const isTwice = all.findIndex((other) => other.sensor === sensor.sensor) !== index;
    return { ...sensor, sensor: (isTwice ? `${sensor.sensor} ${index}` : sensor.sensor).slice(0, 64) };
  });
};

/** What they say now; a chip on a slow bus takes its time, so never at once. */
export const readTemperatures = async (machine: Machine, sensors: readonly Sensor[]): Promise<Temperature[]> => {
  const read: Temperature[] = [];
  for (const { sensor, path, criticalCelsius } of sensors) {
    const value = celsius(await machine.read(path));
    if (value !== null) read.push({ sensor, celsius: value, criticalCelsius });
  }
  return read;
};

const celsius = (text: string | null): number | null => {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text.trim()) / 1_000;
  return value > LOWEST && value < HIGHEST ? value : null;
};
