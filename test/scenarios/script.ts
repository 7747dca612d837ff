import { Rule } from '../../protocol/rule.ts';
import { Labels } from '../../protocol/labels.ts';
import { Maintenance } from '../../protocol/mute.ts';
import { builtInRules } from '../../controller/alerts/built-in/index.ts';

/** What one agent measures of one target in one interval: `_` nothing, a loss ratio, or a median RTT with its error bound. `wall` and `grey` as said in README.md. */
export type Cell =
  | { readonly kind: 'no-data' }
  | { readonly kind: 'loss'; readonly ratio: number; readonly wall: boolean }
  | { readonly kind: 'rtt'; readonly medianMs: number; readonly boundMs: number }
  | { readonly kind: 'failed'; readonly blame: 'target' | 'resolver' | 'path' | 'agent' };

export type Span = { readonly agent: string; readonly fromMs: number; readonly toMs: number };

export interface Script {
  readonly intervalMs: number;
  readonly rules: readonly Rule[];
  /** `<agent>/<target>` → a cell an interval. */
  readonly rows: ReadonlyMap<string, readonly Cell[]>;
  /** The agent has no line: the controller sees it off, and its rounds come at the end of the span, in the backlog lane. */
  readonly cut: readonly Span[];
  /** The line is slow: the agent's batches come at the end of the span, in the fresh lane. */
  readonly held: readonly Span[];
  readonly restarts: readonly number[];
  /** `<agent|target>` → labels. */
  readonly labels: ReadonlyMap<string, Labels>;
  /** By hand: target → its parents. */
  readonly parents: Readonly<Record<string, readonly string[]>>;
  /** `<agent> <field>` → what the agent says of itself, a value an interval. */
  readonly standing: ReadonlyMap<string, readonly number[]>;
  /** False: agent-off counts from the controller's own start, and so this is not played with restarts. */
  readonly restartable: boolean;
  /** How often silence is looked for. */
  readonly tickMs: number;
  /** When the script begins, ms since the epoch. */
  readonly startMs: number;
  readonly maintenance: readonly Maintenance[];
  readonly removals: readonly { readonly target: string; readonly atMs: number }[];
  readonly expected: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `1m30s` → 90,000. */
export const parseTime = (text: string): number => {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  if (parts.map(([all]) => all).join('') !== text || text === '') throw new Error(`not a time: "${text}"`);
  return parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
};

export const formatTime = (ms: number): string => {
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.round((ms % 60_000) / 1_000)];
  return `${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 || minutes === 0 ? `${seconds}s` : ''}`;
};

/** Reads a script; throws with the line when it is not one. */
export const parseScript = (text: string): Script => {
  const script = {
    intervalMs: 10_000,
    rules: builtInRules.filter(({ id }) => id === 'high-loss' || id === 'agent-off'),
    rows: new Map<string, Cell[]>(),
    cut: [] as Span[],
    held: [] as Span[],
    restarts: [] as number[],
    labels: new Map<string, Labels>(),
    parents: {} as Record<string, string[]>,
    standing: new Map<string, number[]>(),
    restartable: true,
    tickMs: 5_000,
    startMs: 1_800_000_000_000,
    maintenance: [] as Maintenance[],
    removals: [] as { target: string; atMs: number }[],
    expected: [] as string[],
  };
  let isExpected = false;
  for (const [index, line] of text.split('\n').entries()) {
    const words = line
      .replace(/(^|\s)#.*/, '')
      .trim()
      .split(/\s+/);
    const [first = '', ...rest] = words;
    try {
      if (first === '') continue;
      if (isExpected) script.expected.push(words.join(' '));
      else if (first === 'expect') isExpected = true;
      else if (first === 'every') script.intervalMs = parseTime(rest[0] ?? '');
      else if (first === 'labels') script.labels.set(rest[0] ?? '', Object.fromEntries(rest.slice(1).map((word) => word.split('='))));
      else if (first === 'behind') script.parents[rest[0] ?? ''] = rest.slice(1);
      else if (first === 'no-built-in') script.rules.length = 0;
      else if (first === 'no-restarts') script.restartable = false;
      else if (first === 'start') script.startMs = parseMoment(rest[0] ?? '');
      else if (first === 'maintenance') script.maintenance.push(parseMaintenance(rest));
      else if (first === 'tick') script.tickMs = parseTime(rest[0] ?? '');
      else if (first === 'says') script.standing.set(rest.slice(0, 2).join(' '), rest.slice(2).flatMap(parseValues));
      else if (first === 'use') script.rules.push(...rest.map(builtIn));
      else if (first === 'rule') script.rules.push(parseRule(rest.join(' ')));
      else if (first === 'cut' || first === 'held') script[first].push(parseSpan(rest));
      else if (first === 'restart') script.restarts.push(parseTime(rest[0] ?? ''));
      else if (first === 'remove') script.removals.push({ target: rest[0] ?? '', atMs: parseTime(rest[1] ?? '') });
      else if (first.includes('/')) script.rows.set(first, rest.flatMap(parseCells));
      else throw new Error('what is this?');
    } catch (error) {
      throw new Error(`line ${index + 1}, "${line}": ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return script;
};

const parseMoment = (text: string): number => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error(`not a moment: "${text}"`);
  return at;
};

/** `120m Europe/Berlin 0 1 * * *`: how long, by whose clock, and when as cron writes it. */
const parseMaintenance = ([length = '', timeZone = '', ...pattern]: readonly string[]): Maintenance => {
  const schedule = { kind: 'cron', pattern: pattern.join(' '), timeZone, lengthMinutes: parseTime(length) / 60_000 };
  return Maintenance.parse({ id: 'work', name: 'Work', schedule });
};

const parseSpan = ([agent = '', span = '']: readonly string[]): Span => {
  const [from = '', to = ''] = span.split('..');
  return { agent, fromMs: parseTime(from), toMs: parseTime(to) };
};

const builtIn = (id: string): Rule => {
  const rule = builtInRules.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`there is no built-in rule ${id}`);
  return { ...rule, enabled: true };
};

/** `slow: rtt_median_ms > 50 for 60s keep 60s`, and whatever else the rule has as JSON behind it. */
const parseRule = (text: string): Rule => {
  const [, id, field, sign, threshold, hold, keep, more] =
    /^([a-z-]+): (\w+) ([<>]) (-?[\d.]+) for (\w+) keep (\w+)(?: (\{.*\}))?$/.exec(text) ?? [];
  if (id === undefined) throw new Error('not a rule');
  const rest: unknown = JSON.parse(more ?? '{}');
  return Rule.parse({
    id,
    name: id,
    field,
    comparison: sign === '>' ? 'above' : 'below',
    threshold: Number(threshold),
    forMs: parseTime(hold ?? ''),
    keepMs: parseTime(keep ?? ''),
    severity: 'warning',
    ...(typeof rest === 'object' ? rest : {}),
  });
};

const parseValues = (word: string): readonly number[] => {
  const [, value = word, times = '1'] = /^(.*?)(?:x(\d+))?$/.exec(word) ?? [];
  return Array.from({ length: Number(times) }, () => Number(value));
};

/** `0.5x3`: three rounds with half of the packets lost; `_x2`; `80ms±40`; `!resolver`; `wall:1`. */
const parseCells = (word: string): readonly Cell[] => {
  const [, cell = word, times = '1'] = /^(.*?)(?:x(\d+))?$/.exec(word) ?? [];
  return Array.from({ length: Number(times) }, () => parseCell(cell));
};

const parseCell = (text: string): Cell => {
  if (text === '_') return { kind: 'no-data' };
  const rtt = /^([\d.]+)ms(?:±([\d.]+))?$/.exec(text);
  if (rtt) return { kind: 'rtt', medianMs: Number(rtt[1]), boundMs: Number(rtt[2] ?? 0.05) };
  const loss = /^(wall:)?(0|1|0?\.\d+)$/.exec(text);
  if (loss) return { kind: 'loss', ratio: Number(loss[2]), wall: loss[1] !== undefined };
  const blame = (['target', 'resolver', 'path', 'agent'] as const).find((one) => text === `!${one}`);
  if (blame === undefined) throw new Error(`not a round: "${text}"`);
  return { kind: 'failed', blame };
};
