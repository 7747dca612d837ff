// Numbers as people read them: a unit after a space, − for minus, three figures that mean something.

export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

const minus = (text: string): string => text.replace(/^-/, '−');

/** Three significant figures, but never an exponent: 0.043, 8.64, 18.4, 376. */
const three = (value: number): string => {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return String(Math.round(value));
  if (size >= 9.995) return value.toFixed(1);
  return size >= 0.995 ? value.toFixed(2) : value.toFixed(Math.min(6, 2 - Math.floor(Math.log10(size))));
};

/** A delay in the unit that suits it: µs under 0.1 ms, s from 10 s. */
export const delay = (ms: number): Quantity => {
  const size = Math.abs(ms);
  if (size > 0 && size < 0.0995) return { value: minus(size < 0.00995 ? three(ms * 1000) : (ms * 1000).toFixed(0)), unit: 'µs' };
  if (size >= 10_000) return { value: minus(three(ms / 1000)), unit: 's' };
  return { value: minus(size < 0.995 && size > 0 ? ms.toFixed(2) : three(ms)), unit: 'ms' };
};

export const delayText = (ms: number | null): string => {
  if (ms === null) return '–';
  const { value, unit } = delay(ms);
  return `${value} ${unit}`;
};

/** A ratio of loss as a percentage: 0, 0.4, 6.2, 100; what is not zero never reads as zero, what is not all never as 100. */
export const lossPercent = (ratio: number): string => {
  const percent = ratio * 100;
  if (percent === 0) return '0';
  if (percent < 0.1) return '< 0.1';
  if (percent >= 100) return '100';
  return percent > 99.9 ? '> 99.9' : percent.toFixed(1).replace(/\.0$/, '');
};

export const lossText = (ratio: number | null): string => {
  if (ratio === null) return '–';
  return ratio === 0 ? '0' : `${lossPercent(ratio)} %`;
};

/** 12,480 */
export const count = (value: number): string => minus(Math.round(value).toLocaleString('en-GB'));

/** A value of any kind: whole ones in full, of others six figures, and never fewer than stand before the point. 7,195,729,919 · 0.0433017 */
export const valueText = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return count(value);
  if (Math.abs(value) < 1_000) return minus(String(Number(value.toPrecision(6))));
  return minus(value.toLocaleString('en-GB', { maximumFractionDigits: 2 }));
};

const SCALES = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** Numbers of an axis, `step` apart: as many figures as tell them apart, thousands as k, M, G. */
export const axisNumbers = (values: readonly number[], step: number): string[] => {
  const largest = Math.max(0, ...values.map(Math.abs));
  const [scale, letter] = SCALES.find(([one]) => largest >= one) ?? [1, ''];
  const digits = Math.min(12, Math.max(0, Math.ceil(-Math.log10(step / scale) - 1e-9)));
  return values.map((value) =>
    value === 0 ? '0' : minus(`${Number((value / scale).toFixed(digits))}${letter === '' ? '' : ` ${letter}`}`),
  );
};

/** A rate with the figures that matter: 0.4, 3.1, 212, 121,400. */
export const rate = (value: number): string => {
  if (value === 0) return '0';
  if (value >= 100) return count(value);
  if (value < 0.095) return value.toFixed(2);
  return value.toFixed(1).replace(/\.0$/, value < 10 ? '.0' : '');
};

export const bytes = (value: number): Quantity => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** step;
  return { value: scaled >= 10 || step === 0 ? String(Math.round(scaled)) : scaled.toFixed(1), unit: units[step] ?? 'B' };
};

export const bytesText = (value: number): string => `${bytes(value).value} ${bytes(value).unit}`;

/** +0.4, −0.4, with one decimal. */
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

/** A sentence whose numbers do not part from their units at the end of a line. */
export const unbroken = (sentence: string): string =>
  sentence.replaceAll(/(\d) (%|ms|µs|s|min|h)\b/g, '$1\u00a0$2').replaceAll(/(\d) %/g, '$1\u00a0%');

/** `1 agent`, `4 agents`. */
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** A round number of an axis, without zeros behind the point: 60 ms, 0.8 ms, 80 µs. */
export const axisText = (ms: number): string => {
  const { unit } = delay(ms);
  return `${Number((unit === 'µs' ? ms * 1000 : unit === 's' ? ms / 1000 : ms).toPrecision(3))} ${unit}`;
};
