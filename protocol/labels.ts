import * as z from 'zod';

export const LabelKey = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'label key: a lower-case letter, then letters, digits or _, at most 32');
export const LabelValue = z
  .string()
  .regex(/^[^\s=,!"'\\\p{Cc}](?:[^=,!"'\\\p{Cc}]{0,62})$/u, 'label value: 1 to 63 characters without = , ! " \' \\, no space first');
export const Labels = z.record(LabelKey, LabelValue);
export type Labels = z.infer<typeof Labels>;

/** Which agents: every key of `in` must have one of its values, no key of `notIn` one of its. Empty selects all. `agent` is each agent's id. */
export const Selector = z.strictObject({
  in: z.record(LabelKey, z.array(LabelValue).min(1)).default({}),
  notIn: z.record(LabelKey, z.array(LabelValue).min(1)).default({}),
});
export type Selector = z.infer<typeof Selector>;

export const everyAgent: Selector = { in: {}, notIn: {} };

/** Whether an agent with these labels is selected; its id counts as the label `agent`. */
export const isSelected = (selector: Selector, agentId: string, labels: Labels): boolean => {
  // Asked a million times when a large fleet is compiled: nothing is allocated here.
  for (const key in selector.in) if (!has(selector.in[key], key, agentId, labels)) return false;
  for (const key in selector.notIn) if (has(selector.notIn[key], key, agentId, labels)) return false;
  return true;
};

const has = (values: readonly string[] | undefined, key: string, agentId: string, labels: Labels): boolean =>
  values?.includes((key === 'agent' ? agentId : labels[key]) ?? '') ?? false;

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** `tier=edge,pop country=de ring!=lab` as a Selector; '' selects all agents. */
export const parseSelector = (text: string): Parsed<Selector> => {
  const selector: { in: Record<string, string[]>; notIn: Record<string, string[]> } = { in: {}, notIn: {} };
  for (const term of text.split(/\s+/).filter(Boolean)) {
    const [, key, not, values] = /^([^=!]+)(!?)=(.+)$/.exec(term) ?? [];
    if (key === undefined || values === undefined) return { ok: false, reason: `"${term}" is not of the form key=value or key!=value` };
    (not ? selector.notIn : selector.in)[key] = values.split(',');
  }
  const parsed = Selector.safeParse(selector);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, reason: z.prettifyError(parsed.error) };
};

export const formatSelector = (selector: Selector): string =>
  [
    ...Object.entries(selector.in).map(([key, values]) => `${key}=${values.join(',')}`),
    ...Object.entries(selector.notIn).map(([key, values]) => `${key}!=${values.join(',')}`),
  ].join(' ');
