import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import type { StatusFile } from './status.ts';
import { hasNetRaw, noRawFix } from '../capability.ts';
import type { DataDirectory, IdentityFile } from '../enrolment/files.ts';
import { parseEndpoint } from '../link/endpoint.ts';
import { PACKAGED } from '../program.ts';
import { EXIT } from '../settings.ts';
import type { Step } from '../../protocol/steps.ts';

const WITHIN_MS = 4_000;
const SPOOL_FILLING = 0.8;

/** The privilege itself; the echo that follows shows that it is enough. */
export const checkCapability = (): Step =>
  hasNetRaw()
    ? { step: 'capability', ok: true, detail: 'CAP_NET_RAW is there' }
    : { step: 'capability', ok: false, detail: 'no CAP_NET_RAW', fix: noRawFix(), exit: EXIT.noPermission };

/** The controller's name by this host's resolvers, all of its addresses. */
export const checkDns = async (identity: IdentityFile): Promise<Step> => {
  const endpoint = parseEndpoint(identity.controller);
  const host = endpoint.ok ? endpoint.value.host : '';
  if (isIP(host) !== 0) return { step: 'DNS', ok: true, detail: `not needed: the controller is the address ${host}` };
  try {
    const addresses = await Promise.race([lookup(host, { all: true }), tooLate()]);
    return { step: 'DNS', ok: true, detail: `${host} is ${addresses.map(({ address }) => address).join(', ')}` };
  } catch (error) {
    return {
      step: 'DNS',
      ok: false,
      detail: `${host}: ${error instanceof Error ? error.message : String(error)}; resolvers: ${resolvers()}`,
      fix: 'does /etc/resolv.conf name a resolver that answers? A line in /etc/hosts mends it for this host',
      exit: EXIT.unreachable,
    };
  }
};

/** The controller's port by a bare TCP connection, beside the running agent. An agent itself listens on nothing. */
export const checkPort = async (identity: IdentityFile): Promise<Step> => {
  const endpoint = parseEndpoint(identity.controller);
  if (!endpoint.ok) return { step: 'port', ok: false, detail: endpoint.reason, fix: 'register again', exit: EXIT.config };
  const { host, port } = endpoint.value;
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(WITHIN_MS) });
    return { step: 'port', ok: true, detail: `${host}:${port} answers; it is the only one that an agent needs, and it listens on none` };
  } catch (error) {
    const detail =
      error instanceof Error ? (error.name === 'AbortError' ? `no answer within ${WITHIN_MS / 1000} s` : error.message) : String(error);
    const fix = `let this host out to TCP ${port} of ${host}; through a web proxy's port: register with wss://${host}:443/mqtt`;
    return { step: 'port', ok: false, detail: `${host}:${port}: ${detail}`, fix, exit: EXIT.unreachable };
  } finally {
    socket.destroy();
  }
};

/** How much waits to be sent. A spool that fills is a line or a controller that is down. */
export const checkSpool = (data: DataDirectory, running: StatusFile | null): Step => {
  if (running === null) {
    const bytes = statSync(data.database, { throwIfNoEntry: false })?.size ?? 0;
    return { step: 'spool', ok: true, detail: bytes === 0 ? 'empty: the agent has not run yet' : `${mib(bytes)} in ${data.database}` };
  }
  const { rounds, bytes, capBytes, dropped } = running.status.spool;
  const detail = `${rounds} rounds wait, ${mib(bytes)} of ${mib(capBytes)}; ${dropped} were dropped`;
  return bytes < capBytes * SPOOL_FILLING
    ? { step: 'spool', ok: true, detail }
    : { step: 'spool', ok: false, detail, fix: 'the oldest rounds go when it is full: mend the line to the controller', exit: EXIT.retry };
};

/** Who keeps the agent running; null outside of a package. */
export const checkService = (running: StatusFile | null): Step | null => {
  if (!PACKAGED) return null;
  if (running !== null) return { step: 'service', ok: true, detail: `runs (process ${running.pid})` };
  return {
    step: 'service',
    ok: false,
    detail: 'the agent does not run',
    fix: 'systemctl enable --now sonde-agent; journalctl -u sonde-agent says why it ended',
    exit: EXIT.unreachable,
  };
};

const tooLate = (): Promise<never> =>
  once(AbortSignal.timeout(WITHIN_MS), 'abort').then(() => Promise.reject(new Error(`no answer within ${WITHIN_MS / 1000} s`)));

const resolvers = (): string => {
  try {
    const found = [...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map(([, address]) => address);
    return found.join(', ') || 'none';
  } catch {
    return 'no /etc/resolv.conf';
  }
};

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
