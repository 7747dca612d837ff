// A rule as the form has it: texts as they are typed, and back. What the form does not show stays as it is.
import { misfits } from '../../../protocol/rule-fit.ts';
import type { Rule } from '../../../protocol/rule.ts';
import { parseDuration, writeDuration } from '../format/time.ts';
import { idOf, splitTerm } from './target-form.ts';

/** What is offered; any other field of any other measurement may be typed. */
export const FIELDS = [
  ['loss_ratio', 'Loss ratio', '%'],
  ['rtt_median_ms', 'RTT median', 'ms'],
  ['rtt_mean_ms', 'RTT mean', 'ms'],
  ['rtt_p95_ms', 'RTT p95', 'ms'],
  ['ipdv_mean_abs_ms', 'IPDV mean', 'ms'],
  ['pdv_p95_ms', 'PDV p95', 'ms'],
  ['jitter_rfc3550_ms', 'RFC 3550 jitter', 'ms'],
] as const;
export const OTHER_FIELD = 'other';

export const fieldName = (field: string): string => FIELDS.find(([name]) => name === field)?.[1] ?? field;
const unitOf = (field: string): string => FIELDS.find(([name]) => name === field)?.[2] ?? (field.endsWith('_ms') ? 'ms' : '');

export interface Draft {
  readonly name: string;
  readonly description: string;
  readonly kind: Rule['kind'];
  readonly measurement: string;
  readonly field: string;
  readonly otherField: string;
  readonly comparison: Rule['comparison'];
  readonly line: string;
  readonly clearLine: string;
  readonly look: 'round' | 'window' | 'pattern';
  readonly aggregate: NonNullable<Rule['window']>['aggregate'];
  readonly window: string;
  readonly bad: string;
  readonly of: string;
  readonly over: string;
  readonly against: 'difference' | 'ratio' | 'deviations';
  readonly weeks: string;
  readonly quorum: string;
  readonly hold: string;
  readonly quiet: string;
  readonly severity: Rule['severity'];
  readonly targets: readonly string[];
  readonly agents: readonly string[];
  readonly needsTargets: boolean;
  readonly summary: string;
  readonly tells: readonly string[];
}

/** Loss is shown in percent, and so is what is compared with it, unless the rule counts deviations or ratios. */
const isPercent = ({ kind, field }: Pick<Draft, 'kind' | 'field'>): boolean => kind === 'threshold' && field === 'loss_ratio';
/** What stands behind the line's number. */
export const lineUnit = (draft: Draft): string => {
  if (draft.kind === 'threshold') return unitOf(draft.field);
  if (draft.against === 'deviations') return 'deviations';
  return draft.against === 'ratio' ? '× what it was' : unitOf(draft.field);
};

const shown = (value: number, percent: boolean): string => String(percent ? Number((value * 100).toPrecision(6)) : value);
const terms = ({ in: wanted, notIn }: Rule['agents']): string[] => [
  ...Object.entries(wanted).map(([key, values]) => `${key}=${values.join(',')}`),
  ...Object.entries(notIn).map(([key, values]) => `${key}!=${values.join(',')}`),
];

const everything = { in: {}, notIn: {} };
/** What the form begins with: two percent of loss. The controller knows the defaults of all that is not said here. */
const fresh: Rule = {
  id: 'new',
  name: '',
  enabled: true,
  description: '',
  kind: 'threshold',
  measurement: 'ping',
  field: 'loss_ratio',
  targets: { labels: everything },
  agents: everything,
  series: everything,
  comparison: 'above',
  threshold: 0.02,
  forMs: 60_000,
  keepMs: 60_000,
  damping: { times: 3, withinMs: 3_600_000 },
  severity: 'critical',
  needsTargets: false,
  labels: {},
  annotations: {},
  notifiers: [],
};

export const draftOf = (rule: Rule | null): Draft => {
  const from = rule ?? fresh;
  const known = from.measurement === 'ping' && FIELDS.some(([name]) => name === from.field);
  const percent = isPercent(from);
  return {
    name: rule?.name ?? '',
    description: from.description,
    kind: from.kind,
    measurement: from.measurement,
    field: known ? from.field : OTHER_FIELD,
    otherField: known ? '' : from.field,
    comparison: from.comparison,
    line: shown(from.threshold, percent),
    clearLine: from.clearThreshold === undefined ? '' : shown(from.clearThreshold, percent),
    look: from.window ? 'window' : from.pattern ? 'pattern' : 'round',
    aggregate: from.window?.aggregate ?? 'mean',
    window: writeDuration(from.window?.lengthMs ?? 300_000),
    bad: String(from.pattern?.bad ?? 3),
    of: String(from.pattern?.of ?? 10),
    over: writeDuration(from.change?.overMs ?? 3_600_000),
    against: from.baseline?.as ?? from.change?.as ?? 'ratio',
    weeks: String(from.baseline?.weeks ?? 4),
    quorum: from.quorum === undefined ? '' : 'count' in from.quorum ? String(from.quorum.count) : `${from.quorum.share * 100} %`,
    hold: writeDuration(from.forMs),
    quiet: writeDuration(from.keepMs),
    severity: from.severity,
    targets: terms(from.targets.labels),
    agents: terms(from.agents),
    needsTargets: from.needsTargets,
    summary: from.annotations['summary'] ?? '',
    tells: from.notifiers,
  };
};

export type Drafted =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly faults: Readonly<Record<string, string>> };

/** The draft as a rule, or which fields are not yet right, in words. */
export const ruleOf = (draft: Draft, base: Rule | null): Drafted => {
  const faults: Record<string, string> = {};
  const number = (key: keyof Draft, text: string): number => {
    const value = Number(text.replace(',', '.'));
    if (text.trim() === '' || !Number.isFinite(value)) faults[key] = 'A number is needed.';
    return value;
  };
  const time = (key: keyof Draft, text: string): number => {
    const ms = parseDuration(text);
    if (ms === null) faults[key] = 'A time such as 1 min or 90 s.';
    return ms ?? 0;
  };
  const selector = (key: keyof Draft, texts: readonly string[]): Rule['agents'] => {
    const split = texts.map(splitTerm);
    if (split.includes(null)) faults[key] = 'Of the form key=value or key!=value.';
    const of = (not: boolean) => Object.fromEntries(split.flatMap((term) => (term?.not === not ? [[term.key, term.values] as const] : [])));
    return { in: of(false), notIn: of(true) };
  };
  const measures = draft.kind !== 'agent-off' && draft.kind !== 'no-data';
  const percent = isPercent(draft);
  const line = (key: keyof Draft, text: string): number => (percent ? number(key, text) / 100 : number(key, text));
  if (draft.name.trim() === '') faults['name'] = 'A name is needed.';
  const { window: _w, pattern: _p, change: _c, baseline: _b, quorum: _q, clearThreshold: _t, ...kept } = base ?? {};
  const input: Rule = {
    ...fresh,
    ...kept,
    id: base?.id ?? idOf(draft.name),
    name: draft.name.trim(),
    description: draft.description,
    kind: draft.kind,
    measurement: draft.field === OTHER_FIELD ? draft.measurement : 'ping',
    field: draft.field === OTHER_FIELD ? draft.otherField : draft.field,
    comparison: draft.comparison,
    threshold: measures ? line('line', draft.line) : 0,
    ...(measures && draft.clearLine.trim() !== '' ? { clearThreshold: line('clearLine', draft.clearLine) } : {}),
    ...(measures && draft.look === 'window' ? { window: { aggregate: draft.aggregate, lengthMs: time('window', draft.window) } } : {}),
    ...(draft.kind === 'threshold' && draft.look === 'pattern'
      ? { pattern: { bad: number('bad', draft.bad), of: number('of', draft.of) } }
      : {}),
    ...(draft.kind === 'change'
      ? { change: { overMs: time('over', draft.over), as: draft.against === 'difference' ? 'difference' : 'ratio' } }
      : {}),
    ...(draft.kind === 'baseline' ? { baseline: baselineOf(draft, base, number) } : {}),
    ...(draft.quorum.trim() === '' ? {} : { quorum: quorumOf(draft.quorum, number) }),
    forMs: time('hold', draft.hold),
    keepMs: time('quiet', draft.quiet),
    severity: draft.severity,
    targets: { labels: selector('targets', draft.targets) },
    agents: selector('agents', draft.agents),
    needsTargets: draft.needsTargets,
    annotations: { ...base?.annotations, ...(draft.summary === '' ? {} : { summary: draft.summary }) },
    notifiers: [...draft.tells],
  };
  if (Object.keys(faults).length > 0) return { ok: false, faults };
  const misfit = misfits(input);
  if (misfit.length === 0) return { ok: true, rule: input };
  return { ok: false, faults: Object.fromEntries(misfit.map(([path, message]) => [PLACES[path] ?? path, message])) };
};

const baselineOf = (draft: Draft, base: Rule | null, number: (key: keyof Draft, text: string) => number): NonNullable<Rule['baseline']> => {
  const weeks = number('weeks', draft.weeks);
  return { weeks, learnWeeks: Math.min(base?.baseline?.learnWeeks ?? 2, weeks), as: draft.against === 'ratio' ? 'ratio' : 'deviations' };
};

/** Where the form shows what the schema says of a field. */
const PLACES: Readonly<Record<string, keyof Draft>> = {
  threshold: 'line',
  clearThreshold: 'clearLine',
  pattern: 'bad',
  field: 'otherField',
  baseline: 'weeks',
};

const quorumOf = (text: string, number: (key: keyof Draft, text: string) => number): NonNullable<Rule['quorum']> =>
  text.includes('%') ? { share: number('quorum', text.replace('%', '')) / 100 } : { count: number('quorum', text) };

/** What a rule looks at, in one line. */
export const conditionOf = (rule: Rule): string => {
  const hold = writeDuration(rule.forMs);
  if (rule.kind === 'agent-off') return `an agent is off for ${hold}`;
  if (rule.kind === 'no-data') return `a series is silent for ${hold}`;
  const draft = draftOf(rule);
  const field = `${rule.measurement === 'ping' ? '' : `${rule.measurement} `}${fieldName(rule.field)}`;
  const what = rule.window ? `${rule.window.aggregate} ${field} of ${writeDuration(rule.window.lengthMs)}` : field;
  const pattern = rule.pattern ? ` in ${rule.pattern.bad} of ${rule.pattern.of} rounds` : '';
  const against =
    rule.kind === 'baseline'
      ? ' against earlier weeks'
      : rule.kind === 'change'
        ? ` against ${writeDuration(rule.change?.overMs ?? 0)} before`
        : '';
  return `${what} ${rule.comparison} ${draft.line} ${lineUnit(draft)}${pattern}${against} for ${hold}`;
};
