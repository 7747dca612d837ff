// Rules as a file: YAML in, YAML out, the one schema of protocol/rule.ts between them.
import { parseDocument, stringify } from 'yaml';
import * as z from 'zod';
import type { Parsed } from '../../protocol/labels.ts';
import { Rule, RuleFile } from '../../protocol/rule.ts';

/** Reads a file of rules. The reason of a refusal names what, where and what would be right. */
export const parseRuleFile = (text: string): Parsed<RuleFile> => parseYaml(text, RuleFile);

/** YAML by a schema. Where a key ends in Ms a time such as 90s, 5m, 1h30m or 7d is taken too. */
export const parseYaml = <T>(text: string, schema: z.ZodType<T>): Parsed<T> => {
  // 0x10 is ten times zero here, not sixteen.
  const document = parseDocument(text, {
    prettyErrors: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
  });
  const [error] = document.errors;
  if (error !== undefined) return { ok: false, reason: `not YAML: ${error.message}` };
  const json: unknown = document.toJS() ?? {};
  const parsed = schema.safeParse(withTimes(json));
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, reason: parsed.error.issues.map(explain(json)).join('\n') };
};

/** Rules as a file that reads back as the same rules. What is as by default is left out. */
export const writeRuleFile = ({ rules, dependencies }: RuleFile): string =>
  stringify({ rules: rules.map(brief), ...(dependencies === undefined ? {} : { dependencies }) }, { lineWidth: 0 });

const brief = (rule: Rule): Record<string, unknown> => {
  const defaults: Record<string, unknown> = Rule.parse({ id: rule.id, name: rule.name });
  const isDefault = (key: string, value: unknown): boolean =>
    key !== 'id' && key !== 'name' && JSON.stringify(value) === JSON.stringify(defaults[key]);
  return Object.fromEntries(Object.entries(rule).filter(([key, value]) => !isDefault(key, value)));
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1m30s` → 90,000; null when it is no time. */
export const parseTime = (text: string): number | null => {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (text === '' || parts.map(([all]) => all).join('') !== text) return null;
  return parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
};

const withTimes = (value: unknown, key = ''): unknown => {
  if (Array.isArray(value)) return value.map((one: unknown) => withTimes(one));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withTimes(one, name)]));
  return key.endsWith('Ms') && typeof value === 'string' ? (parseTime(value) ?? value) : value;
};

/** `rules[2] (high-loss): threshold: expected number` */
const explain =
  (json: unknown) =>
  ({ path, message }: z.core.$ZodIssue): string => {
    const [list, index, ...rest] = path.map(String);
    const id = idAt(json, list, index);
    const where = [`${list ?? ''}${index === undefined ? '' : `[${index}]`}${id === null ? '' : ` (${id})`}`, rest.join('.')];
    return `${where.filter(Boolean).join(': ')}: ${message}`;
  };

const idAt = (json: unknown, list = '', index = ''): string | null => {
  const Named = z.object({ [list]: z.array(z.looseObject({ id: z.string().optional(), name: z.string().optional() })) });
  const found = Named.safeParse(json);
  const one = found.success ? found.data[list]?.[Number(index)] : undefined;
  return one?.id ?? one?.name ?? null;
};
