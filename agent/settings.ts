import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** Where the host's own root keeps the guard rails of an installed agent. */
const SYSTEM_LIMITS = '/etc/sonde/limits.yaml';
const DATA = './data/agent';

/** sysexits(3). */
export const EXIT = { ok: 0, usage: 64, unreachable: 69, software: 70, retry: 75, noPermission: 77, config: 78 } as const;

export interface Settings {
  /** Database, identity, keys. */
  readonly data: string;
  /** The guard rails. */
  readonly limits: string;
  readonly logLevel: LogLevel;
  /** Nice value of the ICMP process; null: the agent's own. */
  readonly nice: number | null;
}

/** Flags as the command line gives them. */
export interface Flags {
  readonly data?: string;
  readonly limits?: string;
  readonly logLevel?: string;
  readonly nice?: string;
}

/** Flags before environment (SONDE_AGENT_DATA, SONDE_LIMITS, SONDE_LOG_LEVEL, SONDE_NICE) before defaults. Throws with what is wrong. */
export const readSettings = (flags: Flags, environment: NodeJS.ProcessEnv = process.env): Settings => {
  const data = resolve(flags.data ?? environment['SONDE_AGENT_DATA'] ?? DATA);
  const own = join(data, 'limits.yaml');
  const limits = flags.limits ?? environment['SONDE_LIMITS'] ?? (existsSync(SYSTEM_LIMITS) && !existsSync(own) ? SYSTEM_LIMITS : own);
  const wantedLevel = flags.logLevel ?? environment['SONDE_LOG_LEVEL'] ?? 'info';
  const logLevel = LOG_LEVELS.find((level) => level === wantedLevel);
  if (logLevel === undefined) throw new Error(`log level "${wantedLevel}": ${LOG_LEVELS.join(', ')}`);
  const niceText = flags.nice ?? environment['SONDE_NICE'];
  const nice = niceText === undefined ? null : Number(niceText);
  if (nice !== null && !(Number.isInteger(nice) && nice >= -20 && nice <= 19))
    throw new Error(`nice "${niceText}": a whole number from -20 to 19`);
  return { data, limits: resolve(limits), logLevel, nice };
};

/** The enrolment token from SONDE_TOKEN, for those who do not want it in the process list. */
export const tokenFromEnvironment = (environment: NodeJS.ProcessEnv = process.env): string | undefined => environment['SONDE_TOKEN'];
