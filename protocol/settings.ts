import * as z from 'zod';
import type { Parsed } from './labels.ts';

/** One place that settings come from, as `/etc/sonde/agent.yaml` or `the environment`. */
export interface SettingsSource {
  readonly where: string;
  /** As it was read: an object with some of the settings. */
  readonly values: unknown;
}

export interface Settled<T> {
  readonly values: T;
  /** Where each value came from; a setting that is missing here has its default. */
  readonly origins: Readonly<Record<string, string>>;
}

/** Settings from several places, the later one wins, defaults fill the rest. The reason names the place, the setting, and what would be right. */
export const settle = <Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  sources: readonly SettingsSource[],
): Parsed<Settled<z.infer<z.ZodObject<Shape, z.core.$strict>>>> => {
  const merged: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  const names = Object.keys(schema.shape);
  for (const { where, values } of sources) {
    // Checked one by one, so that what is wrong is said with where it stands.
    const checked = schema.partial().safeParse(values);
    if (!checked.success)
      return { ok: false, reason: `${where}: ${checked.error.issues.map((issue) => explain(issue, names)).join('; ')}` };
    for (const [name, value] of Object.entries(z.record(z.string(), z.unknown()).parse(values)))
      if (value !== undefined) {
        merged[name] = value;
        origins[name] = where;
      }
  }
  const settled = schema.safeParse(merged);
  if (!settled.success) return { ok: false, reason: settled.error.issues.map((issue) => explain(issue, names)).join('; ') };
  return { ok: true, value: { values: settled.data, origins } };
};

/** The settings that the environment has: `SONDE_RETENTION_DAYS` for `retention-days`. */
export const settingsIn = (
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[variableOf(name)];
      return value === undefined ? [] : [[name, value]];
    }),
  );

export const variableOf = (name: string): string => `SONDE_${name.toUpperCase().replaceAll('-', '_')}`;

const explain = (issue: z.core.$ZodIssue, names: readonly string[]): string =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => `there is no setting "${key}": ${suggest(key, names)}`).join('; ')
    : `${issue.path.join('.')}${issue.path.length > 0 ? ': ' : ''}${issue.message}`;

const suggest = (key: string, names: readonly string[]): string => {
  const near = names.find(
    (name) => name.replaceAll('-', '') === key.replaceAll(/[-_]/g, '').toLowerCase() || name.startsWith(key.slice(0, 3)),
  );
  return near === undefined ? `the settings are ${names.join(', ')}` : `did you mean "${near}"?`;
};
