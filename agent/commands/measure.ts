import { statfsSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import manifest from '../../package.json' with { type: 'json' };
import { COMMAND_CAPABILITY } from '../../protocol/command.ts';
import { keepTelling } from '../../protocol/sd-notify.ts';
import type { Transport } from '../../protocol/link.ts';
import type { Parsed } from '../../protocol/labels.ts';
import type { Log } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import { unseal } from '../../protocol/sealing.ts';
import type { Health } from '../../protocol/status.ts';
import { slept, systemClock } from '../../protocol/time.ts';
import { type AgentDeps, runAgent } from '../agent.ts';
import { noRawFix } from '../capability.ts';
import { makeCompilersWhenBusy } from '../compilers.ts';
import { readGuardRails, type GuardRails, watchGuardRails } from '../config/guard-rails.ts';
import type { Limits } from '../config/limits.ts';
import { brokerOf, dialOptionsOf, validityOf } from '../enrolment/credentials.ts';
import { DataDirectory } from '../enrolment/files.ts';
import { keepRenewed } from '../enrolment/renewal.ts';
import { datesNow, systemHost } from '../host.ts';
import { refusalOf, refusalOfProbe } from '../icmp/guard.ts';
import type { SupervisedIcmpEngine } from '../icmp/supervisor.ts';
import { parseEndpoint } from '../link/endpoint.ts';
import { openExporter } from '../metrics/exporter.ts';
import { makeTransport } from '../link/transport.ts';
import { askInventory } from '../probes/inventory/ask.ts';
import { systemMachine } from '../probes/local/machine.ts';
import { makeResolve } from '../probes/resolve.ts';
import { openSnmpEngine } from '../probes/snmp/supervisor.ts';
import { PROGRAM } from '../program.ts';
import { EXIT, type Settings } from '../settings.ts';
import { writeStatusFile } from './status.ts';

const TELL_MS = 5_000;
/** Without a session for so long, the certificate may be why. */
const SHUT_OUT_MS = 60_000;
/** The session is opened once the ICMP process measures: loading MQTT would compete with its start. At most this much later. */
const ENGINE_FIRST_MS = 1_500;

/** What `run` has started already, because it takes the longest. */
export interface Started {
  readonly settings: Settings;
  readonly log: Log;
  readonly icmp: SupervisedIcmpEngine;
  /** Calls the handler whenever the ICMP process's state changes. */
  readonly onState: (handler: () => void) => void;
}

/** The agent of this host around the running ICMP process, until the signal aborts. Returns the exit code. */
export const measure = async ({ settings, log, icmp, onState }: Started, signal: AbortSignal): Promise<number> => {
  const clock = systemClock;
  const data = new DataDirectory(settings.data);
  const identity = data.identity();
  const controller = parseEndpoint(identity?.controller ?? '');
  const broker = parseEndpoint(identity === null ? '' : brokerOf(identity));
  if (identity === null || !controller.ok || !broker.ok) {
    log.error('not-enrolled', `${data.path} has no identity: run "${PROGRAM} register CONTROLLER --token-file -" first`);
    return EXIT.config;
  }
  using db = openDatabase(data, log);
  if (db === null) return EXIT.retry;
  const uid = process.getuid?.() ?? 0;
  let rails = await readGuardRails(settings.limits, uid);
  tellRails(rails, log);
  icmp.setLimits(limitsOf(rails));
  await using snmp = openSnmpEngine({ clock, log, limits: limitsOf(rails) });
  const dialOptions = (): ReturnType<typeof dialOptionsOf> => dialOptionsOf(data, datesNow);
  let connectedMs = clock.monotonic();
  const resolve = makeResolve((address, probe) => refusalOf(limitsOf(rails), address, probe));
  const exporter = openExporter({ settings, clock, log, icmp, resolve, agent: identity.agent }, signal);
  await using _listening = exporter;
  const compilersWhenBusy = makeCompilersWhenBusy(clock.monotonic);
  let said = 'starting';
  log.info('agent-start', `agent ${identity.agent} starts`, { data: data.path, broker: brokerOf(identity) });
  await Promise.all([
    runAgent(
      {
        clock,
        random: systemRandom,
        log,
        host: systemHost(),
        transport: after(
          engineSettled(icmp, onState, signal),
          makeTransport({ agentId: identity.agent, endpoint: () => broker.value, dialOptions }),
        ),
        db,
        icmp,
        snmp,
        machine: systemMachine({
          refusal: (probe) => refusalOfProbe(limitsOf(rails), probe),
          own: () => ownProcesses(icmp.pid(), snmp.pid()),
          inventory: (until) => askInventory(clock, until),
        }),
        unseal: (context, sealed) => unsealWith(data, context, sealed),
        resolve,
        page: async (page, until) => {
          const { makeSendPage } = await import('../watchdog/page.ts'); // hardly ever needed, and HTTPS is large
          return makeSendPage((address) => pageRefusal(limitsOf(rails), address))(page, until);
        },
        identity: { agentId: identity.agent, rootKey: identity.rootKey },
        about: {
          version: manifest.version,
          hostname: hostname(),
          capabilities: ['icmp', 'snmp', 'net', 'host', 'watchdog', COMMAND_CAPABILITY],
        },
        health: () => healthOf(icmp, rails),
        onHealth: onState,
        metricsAddress: exporter.address,
        certificateExpiresAt: () => validityOf(data.certificate() ?? '').toMs,
        onStatus: (status, connection) => {
          if (connection.connected) connectedMs = clock.monotonic();
          compilersWhenBusy();
          exporter.told(status, connection.connected);
          said = `${connection.connected ? 'connected' : connection.detail}, ${status.packetsPerSecond.toFixed(1)} packets/s`;
          writeQuietly(log, () => writeStatusFile(data, { pid: process.pid, at: clock.now(), ...connection, status }));
        },
        timing: { tellMs: TELL_MS },
        diskFree: () => diskFree(data.path),
      },
      signal,
    ),
    watchGuardRails(
      settings.limits,
      uid,
      clock,
      (next) => {
        rails = next;
        tellRails(rails, log);
        icmp.setLimits(limitsOf(rails));
        snmp.setLimits(limitsOf(rails));
      },
      signal,
    ),
    keepRenewed(
      {
        clock,
        random: systemRandom,
        log,
        data,
        agentId: identity.agent,
        controller: controller.value,
        nowMs: datesNow,
        shutOut: () => clock.monotonic() - connectedMs > SHUT_OUT_MS,
      },
      signal,
    ),
    settings.manager === null ? undefined : keepTelling(settings.manager, clock, () => said, signal),
  ]);
  log.info('agent-stopped', 'stopped: the last rounds are in the spool');
  return EXIT.ok;
};

const ownProcesses = (icmp: number | null, snmp: number | null): ReturnType<AgentDeps['machine']['own']> => [
  { name: 'agent', pid: process.pid },
  ...(icmp === null ? [] : [{ name: 'icmp' as const, pid: icmp }]),
  ...(snmp === null ? [] : [{ name: 'snmp' as const, pid: snmp }]),
];

/** Pages are no probes, but what root denies is denied to them too. */
const pageRefusal = (limits: Limits | null, address: string): string | null => {
  if (limits === null) return 'the guard rails are missing: nothing is sent';
  if (!limits.pages) return 'the guard rails let no pages out (pages: false)';
  return refusalOf({ ...limits, allowedProbes: ['http'] }, address, 'http');
};

const unsealWith = (data: DataDirectory, context: string, sealed: string): Parsed<string> => {
  const key = data.sealingKey();
  return key === null ? { ok: false, reason: 'this agent has no sealing key' } : unseal(key, context, sealed);
};

const engineSettled = async (icmp: SupervisedIcmpEngine, onState: Started['onState'], signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  onState(resolve);
  if (icmp.state().icmp === 'starting') await Promise.race([promise, slept(systemClock, ENGINE_FIRST_MS, signal)]);
};

const after = (ready: Promise<void>, transport: Transport): Transport => ({
  connect: async (options, signal) => {
    await ready;
    return transport.connect(options, signal);
  },
});

/** Held alone: a second agent on the same directory is refused. */
const openDatabase = (data: DataDirectory, log: Log): (DatabaseSync & Disposable) | null => {
  const db = new DatabaseSync(data.database);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA cache_size = -512; BEGIN IMMEDIATE; COMMIT');
    return db;
  } catch (error) {
    db.close();
    log.error(
      'database-unusable',
      `${data.database}: ${error instanceof Error ? error.message : String(error)}; does another agent run on it? "agent status" tells`,
    );
    return null;
  }
};

const limitsOf = (rails: GuardRails): Extract<GuardRails, { ok: true }>['limits'] | null => (rails.ok ? rails.limits : null);

const tellRails = (rails: GuardRails, log: Log): void => {
  if (rails.ok) log.info('guard-rails', 'guard rails read', { packetsPerSecond: rails.limits.total.packetsPerSecond });
  else log.error('no-guard-rails', `nothing is sent: ${rails.reason}. Mend it: ${rails.fix}`);
};

const healthOf = (icmp: SupervisedIcmpEngine, rails: GuardRails): Health => {
  const state = icmp.state();
  const counters = icmp.counters();
  const detail = !rails.ok
    ? `${rails.reason}. Mend it: ${rails.fix}`
    : state.icmp === 'no-permission'
      ? `no CAP_NET_RAW: ${noRawFix()}`
      : state.detail;
  return {
    icmp: rails.ok ? state.icmp : 'no-limits',
    ...(detail === '' ? {} : { detail: detail.slice(0, 500) }),
    icmpRestarts: icmp.restarts(),
    guardRailHits: counters.guardRailHits,
    roundsSkipped: counters.roundsSkipped,
    memoryBytes: process.memoryUsage.rss(),
  };
};

const writeQuietly = (log: Log, write: () => void): void => {
  try {
    write();
  } catch (error) {
    log.warn('status-file', `the status file cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const diskFree = (path: string): number => {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
};
