import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { type ServiceManager, serviceManagerIn } from '../protocol/sd-notify.ts';
import { type SettingsSource, settingsIn, settle } from '../protocol/settings.ts';
import { LOG_LEVELS } from './log.ts';
import { PACKAGED } from './program.ts';

/** Where the host's own root keeps the guard rails of an installed agent. */
const SYSTEM_LIMITS = '/etc/sonde/limits.yaml';
const SYSTEM_FILE = '/etc/sonde/agent.yaml';
/** Unless something else is said. */
export const DATA = PACKAGED ? '/var/lib/sonde-agent' : resolve('./data/agent');

/** sysexits(3). */
export const EXIT = { ok: 0, usage: 64, unreachable: 69, software: 70, retry: 75, noPermission: 77, config: 78 } as const;

/** A setting that cannot be used: the message names it and where it stands. */
export class BadSettings extends Error {}

/** Every setting by the name that it has as a flag, in the file and, as SONDE_LOG_LEVEL, in the environment. */
export const AgentSettings = z.strictObject({
  data: z.string().min(1).default(DATA).describe('directory of database, identity and keys'),
  limits: z.string().min(1).optional().describe(`the guard rails; ${SYSTEM_LIMITS}, or limits.yaml in the data directory`),
  'log-level': z
    .enum(LOG_LEVELS, `${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('info, warn or error'),
  nice: z.coerce
    .number('a whole number from -20 to 19')
    .int('a whole number from -20 to 19')
    .min(-20, 'a whole number from -20 to 19')
    .max(19, 'a whole number from -20 to 19')
    .optional()
    .describe("nice value of the ICMP process; the agent's own unless said"),
  metrics: z
    .string()
    .regex(/^.*:\d{1,5}$/, 'ADDRESS:PORT, as 127.0.0.1:9469')
    .optional()
    .describe('address on which /metrics and /probe are answered; nowhere unless said'),
});
const NAMES = Object.keys(AgentSettings.shape);

export interface Settings {
  /** Database, identity, keys. */
  readonly data: string;
  /** The guard rails. */
  readonly limits: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Nice value of the ICMP process; null: the agent's own. */
  readonly nice: number | null;
  /** Where /metrics and /probe are answered; null: nowhere. */
  readonly metrics: string | null;
  /** Where each setting came from, for `config show`. */
  readonly origins: Readonly<Record<string, string>>;
  /** systemd, when it started us and waits to hear from us. */
  readonly manager: ServiceManager | null;
}

/** Flags as the command line gives them. */
export interface Flags {
  readonly config?: string;
  readonly data?: string;
  readonly limits?: string;
  readonly logLevel?: string;
  readonly nice?: string;
  readonly metrics?: string;
}

/** File (--config, SONDE_CONFIG, /etc/sonde/agent.yaml of the package), then SONDE_*, then flags: the later one wins. Throws BadSettings. */
export const readSettings = async (flags: Flags, environment: NodeJS.ProcessEnv = process.env): Promise<Settings> => {
  const { config, logLevel, ...same } = flags;
  const own = Object.entries({ data: same.data, limits: same.limits, nice: same.nice, metrics: same.metrics, 'log-level': logLevel });
  const settled = settle(AgentSettings, [
    ...(await fileSource(config ?? environment['SONDE_CONFIG'])),
    { where: 'the environment', values: fromEnvironment(environment) },
    { where: 'the command line', values: Object.fromEntries(own.filter(([, value]) => value !== undefined)) },
  ]);
  if (!settled.ok) throw new BadSettings(settled.reason);
  const { values, origins } = settled.value;
  const data = resolve(values.data);
  const beside = join(data, 'limits.yaml');
  const ofTheHost = (PACKAGED && data === DATA) || (existsSync(SYSTEM_LIMITS) && !existsSync(beside));
  const limits = resolve(values.limits ?? (ofTheHost ? SYSTEM_LIMITS : beside));
  const rest = { metrics: values.metrics ?? null, origins, manager: serviceManagerIn(environment) };
  return { data, limits, logLevel: values['log-level'], nice: values.nice ?? null, ...rest };
};

/** The data directory is SONDE_AGENT_DATA: SONDE_DATA is the controller's, and both may run from one environment. */
const fromEnvironment = (environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> => {
  const data = environment['SONDE_AGENT_DATA'];
  const others = settingsIn(
    environment,
    NAMES.filter((name) => name !== 'data'),
  );
  return data === undefined ? others : { ...others, data };
};

/** A file that was named must be there; the package's own may be missing. */
const fileSource = async (named: string | undefined): Promise<readonly SettingsSource[]> => {
  const path = named ?? SYSTEM_FILE;
  if (named === undefined && !(PACKAGED && existsSync(path))) return [];
  try {
    const text = readFileSync(path, 'utf8');
    if (!/^\s*[^#\s]/m.test(text)) return []; // nothing but comments: no need for the parser
    const { parse } = await import('yaml');
    return [{ where: path, values: parse(text) ?? {} }];
  } catch (error) {
    throw new BadSettings(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** The enrolment token from SONDE_TOKEN, for those who do not want it in the process list. */
export const tokenFromEnvironment = (environment: NodeJS.ProcessEnv = process.env): string | undefined => environment['SONDE_TOKEN'];
