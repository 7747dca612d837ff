// What an older platform calls its log: what agents told, who changed what, who enrolled, what went wrong.
import * as z from 'zod';
import type { State } from '../state/database.ts';

const LEVELS = ['info', 'warning', 'error'] as const;
type Level = (typeof LEVELS)[number];
/** As others write them; what is no more than debugging is in no log of ours. */
const SPELLINGS: Readonly<Record<string, Level | 'debug'>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  critical: 'error',
};

/** `WARNING`, `warn` … */
export const LogLevel = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(Object.keys(SPELLINGS), `one of ${Object.keys(SPELLINGS).join(', ')}, in any case`))
  .transform((text) => SPELLINGS[text] ?? 'debug');

export interface LogLine {
  readonly at: number;
  readonly level: Level;
  readonly source: string;
  readonly event: string;
  readonly message: string;
}

/** Newest first; all levels unless one is said. */
export const readSystemLog = async (state: State, level: Level | 'debug' | undefined, limit: number): Promise<LogLine[]> => {
  const none = Promise.resolve([]);
  const parts = await Promise.all([
    told(state, level, limit),
    level === undefined || level === 'info' ? changes(state, limit) : none,
    level === undefined || level === 'info' ? enrolments(state, limit) : none,
    incidents(state, level, limit),
  ]);
  return parts
    .flat()
    .toSorted((a, b) => b.at - a.at)
    .slice(0, limit);
};

const levelOf = (text: string): Level => LEVELS.find((one) => one === text) ?? 'info';

const told = async (state: State, level: string | undefined, limit: number): Promise<LogLine[]> => {
  const rows = await state
    .selectFrom('agent_events')
    .select(['at', 'level', 'agent_id', 'event', 'message'])
    .$if(level !== undefined, (all) => all.where('level', '=', level ?? ''))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ at, level: own, agent_id, event, message }) => ({ at, level: levelOf(own), source: agent_id, event, message }));
};

const changes = async (state: State, limit: number): Promise<LogLine[]> => {
  const rows = await state
    .selectFrom('revisions')
    .select(['at', 'author', 'revision', 'reason'])
    .orderBy('revision', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ at, author, revision, reason }) => ({
    at,
    level: 'info',
    source: author,
    event: 'configuration',
    message: `revision ${revision}: ${reason}`,
  }));
};

const enrolments = async (state: State, limit: number): Promise<LogLine[]> => {
  const rows = await state
    .selectFrom('agents')
    .select(['id', 'hostname', 'enrolled_at'])
    .orderBy('enrolled_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ id, hostname, enrolled_at: at }) => ({
    at,
    level: 'info',
    source: id,
    event: 'agent-enrolled',
    message: `${id} enrolled on ${hostname}`,
  }));
};

const SEVERITY = { critical: 'error', warning: 'warning', info: 'info' } as const;
const SEVERITIES = ['critical', 'warning', 'info'] as const;

const incidents = async (state: State, level: string | undefined, limit: number): Promise<LogLine[]> => {
  const severities = SEVERITIES.filter((severity) => level === undefined || SEVERITY[severity] === level);
  if (severities.length === 0) return [];
  const rows = await state
    .selectFrom('incidents')
    .select(['opened_at', 'severity', 'rule_id', 'title'])
    .where('severity', 'in', severities)
    .orderBy('opened_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ opened_at: at, severity, rule_id: source, title: message }) => ({
    at,
    level: severity === null ? 'info' : SEVERITY[severity],
    source,
    event: 'incident',
    message,
  }));
};
