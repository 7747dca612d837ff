import type { PortView } from '../../../protocol/api-devices.ts';
import type { Quantity } from './quantity.ts';

const UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'] as const;

const figures = (value: number): string =>
  value >= 99.95 ? String(Math.round(value)) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);

/** A rate in bits: 0, 734 bit/s, 1.25 Mbit/s, 98.4 Gbit/s. */
export const bits = (perSecond: number): Quantity => {
  if (perSecond < 0.5) return { value: '0', unit: 'bit/s' };
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, perSecond)) / 3));
  const scaled = perSecond / 1_000 ** step;
  return { value: step === 0 ? String(Math.round(scaled)) : figures(scaled), unit: UNITS[step] ?? 'bit/s' };
};

export const bitsText = (perSecond: number | null | undefined): string => {
  if (perSecond === null || perSecond === undefined) return '–';
  const { value, unit } = bits(perSecond);
  return `${value} ${unit}`;
};

/** A line's speed without figures that nobody says: 1 Gbit/s, 2.5 Gbit/s, 100 Mbit/s. */
export const speedText = (bps: number | null): string => {
  if (bps === null || bps <= 0) return '–';
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(bps) / 3));
  return `${Number((bps / 1_000 ** step).toPrecision(3))} ${UNITS[step]}`;
};

/** A share of the line: 0 %, 0.4 %, 37 %. */
export const shareText = (ratio: number | undefined): string => {
  if (ratio === undefined) return '–';
  const percent = ratio * 100;
  return `${percent === 0 ? '0' : percent < 0.1 ? '< 0.1' : percent < 9.95 ? percent.toFixed(1) : String(Math.round(percent))} %`;
};

/** Packets a second: 0, 0.02, 3.1, 212. */
export const perSecond = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  return value < 0.01 ? '< 0.01' : value < 9.95 ? value.toFixed(2) : String(Math.round(value));
};

const OPER: Readonly<Record<number, string>> = {
  1: 'up',
  2: 'down',
  3: 'testing',
  4: 'unknown',
  5: 'dormant',
  6: 'not present',
  7: 'down below',
};

/** ifOperStatus in a word; a port that somebody switched off is that, and not down. */
export const portWord = ({ admin, oper, goneAt }: Pick<PortView, 'admin' | 'oper' | 'goneAt'>): string =>
  goneAt !== null ? 'gone' : admin === 2 ? 'off' : (OPER[oper] ?? 'unknown');

const WHY: Readonly<Record<string, string>> = {
  first: 'first reading',
  reboot: 'device restarted',
  discontinuity: 'counters began anew',
  reset: 'counters were reset',
  impossible: 'more than the line carries',
  'no-counters': 'no counters',
  'no-time': 'read too soon again',
};
export const whyNoRate = (noRate: PortView['noRate']): string => (noRate === undefined ? 'not read yet' : (WHY[noRate] ?? noRate));
