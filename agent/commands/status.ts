import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { OnlineStatus } from '../../protocol/status.ts';
import { systemClock } from '../../protocol/time.ts';
import { DataDirectory } from '../enrolment/files.ts';
import { PACKAGED, PROGRAM } from '../program.ts';
import { DATA, EXIT, type Settings } from '../settings.ts';

/** What a running agent leaves beside its database for `agent status`. */
const StatusFile = z.object({ pid: z.int(), at: z.number(), connected: z.boolean(), detail: z.string(), status: OnlineStatus });
export type StatusFile = z.infer<typeof StatusFile>;

export const writeStatusFile = (data: DataDirectory, status: StatusFile): void => {
  const temporary = `${data.statusFile}.tmp`;
  writeFileSync(temporary, JSON.stringify(status), { mode: 0o644 });
  renameSync(temporary, data.statusFile);
};

/** What the agent of this directory said last; null when none runs. */
export const runningAgent = (data: DataDirectory): StatusFile | null => {
  try {
    const file = StatusFile.parse(JSON.parse(readFileSync(data.statusFile, 'utf8')));
    return isAlive(file.pid) ? file : null;
  } catch {
    return null; // never ran, or died while it wrote
  }
};

/** `agent status`. Exit code 0: runs and is connected. */
export const status = (settings: Settings, json: boolean): number => {
  const data = new DataDirectory(settings.data);
  const identity = data.identity();
  const running = runningAgent(data);
  if (json) process.stdout.write(`${JSON.stringify({ enrolled: identity, running })}\n`);
  else process.stdout.write(`${lines(identity === null ? null : identity.agent, running, data).join('\n')}\n`);
  if (identity === null) return EXIT.config;
  return running?.connected === true ? EXIT.ok : EXIT.unreachable;
};

const lines = (agent: string | null, running: StatusFile | null, data: DataDirectory): string[] => {
  if (agent === null) return [`not enrolled: ${data.path} has no identity`, `    fix: ${PROGRAM} register CONTROLLER --token-file -`];
  if (running === null) return [`agent ${agent}: not running`, `    fix: ${startLine(data.path)}`];
  const { status: said } = running;
  const { spool, health, applied, clock } = said;
  const ageS = Math.round((systemClock.now() - running.at) / 1000);
  return [
    `agent ${agent}: runs (process ${running.pid}), ${running.connected ? 'connected' : `NOT connected: ${running.detail}`}; said ${ageS} s ago`,
    `configuration  ${applied === null ? 'none yet' : `${applied.generation}.${applied.revision}`}${said.mayBeStale ? ', may be stale' : ''}; ${said.packetsPerSecond.toFixed(1)} packets/s`,
    `ICMP           ${health.icmp}${health.detail === undefined ? '' : `: ${health.detail}`}`,
    `held back      ${health.guardRailHits} packets by the guard rails, ${health.roundsSkipped} rounds skipped, ${health.icmpRestarts} restarts of the ICMP process`,
    `spool          ${spool.rounds} rounds, ${(spool.bytes / 1024).toFixed(0)} KiB of ${(spool.capBytes / 1024 / 1024).toFixed(0)} MiB, ${spool.dropped} dropped`,
    `clock          ${clock === null ? 'not exchanged with the controller yet' : `controller ${clock.offsetMs >= 0 ? '+' : ''}${clock.offsetMs.toFixed(1)} ms ± ${clock.boundMs.toFixed(1)} ms, ${clock.ageS.toFixed(0)} s old`}`,
    `certificate    ${said.certificateExpiresAt === undefined ? 'unknown' : `until ${new Date(said.certificateExpiresAt).toISOString()}`}`,
  ];
};

/** What starts the agent of this directory. */
export const startLine = (path: string): string =>
  PACKAGED && path === DATA ? 'systemctl enable --now sonde-agent' : `${PROGRAM} run --data ${path}`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
