import { AgentSettings, EXIT, type Settings } from '../settings.ts';

/** `agent config show`: every setting with its value and where that came from. Returns the exit code. */
export const showConfig = ({ origins, logLevel, ...same }: Settings, json: boolean): number => {
  const values: Readonly<Record<string, unknown>> = { ...same, 'log-level': logLevel };
  const rows = Object.keys(AgentSettings.shape).map((name) => ({ name, value: values[name] ?? null, from: origins[name] ?? 'default' }));
  if (json) process.stdout.write(`${JSON.stringify({ settings: rows })}\n`);
  else for (const { name, value, from } of rows) process.stdout.write(`${name.padEnd(10)} ${String(value ?? '-').padEnd(28)} ${from}\n`);
  return EXIT.ok;
};
