import type { Outcome } from '../../../protocol/round.ts';
import { type Clock, slept } from '../../../protocol/time.ts';
import type { Limits } from '../../config/limits.ts';
import { type Known, nothingKnown } from './identity.ts';
import type { DeviceOrder, FromEngine } from './messages.ts';
import { makePermit } from './permits.ts';
import { emptyMemory, poll } from './poll.ts';
import { type Failure, openSession, type SnmpSession } from './session.ts';
import { makeSizer } from './sizer.ts';
import type { Permit } from './socket.ts';
import type { Reading } from './table.ts';

export interface DeviceDeps {
  readonly clock: Clock;
  readonly limits: () => Limits | null;
  readonly tell: (message: FromEngine) => void;
}

/** So many polls in a row without any answer, and the device is asked less often. */
const PATIENT_POLLS = 3;
const LONGEST_BACK_OFF_MS = 300_000;

/** Polls one device each interval until the signal aborts. Never rejects; what goes wrong is a failed round. */
export const runDevice = async (order: DeviceOrder, deps: DeviceDeps, signal: AbortSignal): Promise<void> => {
  const { clock, tell } = deps;
  const { slot, options, intervalMs, phaseMs } = order;
  const memory = emptyMemory(parseKnown(order.remembered));
  const sizer = makeSizer(options.answerBytes);
  const permit = makePermit(deps.limits, order.address, clock, signal);
  let remembered = order.remembered;
  let toldKnown: Known | null = null;
  let session: SnmpSession | null = null;
  let silent = 0;
  let nextMs = slotAfter(clock.monotonic() - 1, phaseMs, intervalMs);
  const stop = (): void => session?.close();
  signal.addEventListener('abort', stop, { once: true });
  while (await slept(clock, Math.max(0, nextMs - clock.monotonic()), signal)) {
    const startedMs = nextMs;
    // A device that has been silent for long gets one datagram; retries are for those that answer.
    session ??= open(order, permit, clock, silent >= PATIENT_POLLS ? 0 : options.retries);
    const { outcome, isAlive } = await pollOnce(order, session, { clock, sizer, signal, startedMs }, memory);
    if (signal.aborted) break;
    const endedMs = clock.monotonic();
    const { known } = memory.ports;
    if (known !== toldKnown && known.ports.length > 0) {
      toldKnown = known;
      const text = JSON.stringify(known);
      if (text !== remembered) tell({ type: 'remember', slot, text: (remembered = text) });
    }
    tell({ type: 'round', slot, startedMs, durationMs: Math.max(0, endedMs - startedMs), outcome });
    silent = isAlive ? 0 : silent + 1;
    if (!isAlive || session.wire.garbage > 0) {
      // Another socket has another port: what was on its way to the old one is nobody's answer.
      session.close();
      session = null;
    }
    nextMs = slotAfter(Math.max(endedMs, startedMs + backOffMs(silent, intervalMs)), phaseMs, intervalMs);
  }
  signal.removeEventListener('abort', stop);
  session?.close();
};

const open = ({ address, options, secrets }: DeviceOrder, permit: Permit, clock: Clock, retries: number): SnmpSession => {
  const device = { address, port: options.port };
  return openSession({ device, access: options.access, secrets, timeoutMs: options.timeoutMs, retries, permit }, clock);
};

const pollOnce = async (
  { address, options, intervalMs }: DeviceOrder,
  session: SnmpSession,
  { clock, sizer, signal, startedMs }: Pick<Reading, 'clock' | 'sizer' | 'signal'> & { readonly startedMs: number },
  memory: ReturnType<typeof emptyMemory>,
): Promise<{ readonly outcome: Outcome; readonly isAlive: boolean }> => {
  session.wire.requests = 0;
  session.wire.garbage = 0;
  session.wire.unsigned = 0;
  const deadlineMs = startedMs + Math.min(options.budgetMs, intervalMs);
  const reading: Reading = { session, sizer, clock, signal, deadlineMs, problems: new Set(), variables: 0, timeouts: 0, slowestMs: 0 };
  try {
    const polled = await poll(reading, options, address, memory);
    return polled.ok ? { outcome: { status: 'sampled', sample: polled.sample }, isAlive: true } : failed(polled.failure);
  } catch (error) {
    // A device must not be able to end the process with an answer that nobody thought of.
    return failed({ ok: false, reason: 'garbage', detail: error instanceof Error ? error.message : String(error) });
  }
};

const failed = (failure: Failure): { readonly outcome: Outcome; readonly isAlive: boolean } => {
  const detail = failure.detail.slice(0, 500);
  const of = (blame: 'target' | 'path' | 'agent', reason: string) => ({
    outcome: { status: 'failed' as const, blame, reason: reason.slice(0, 64), detail },
    isAlive: failure.reason === 'refused' || failure.reason === 'auth',
  });
  switch (failure.reason) {
    case 'timeout':
      return of('target', 'timeout');
    case 'auth':
      return of('target', 'auth-failed');
    case 'refused':
      return of('target', `refused-${failure.status}`);
    case 'garbage':
      return of('target', 'not-snmp');
    case 'held':
      return of('agent', failure.detail);
    case 'unreachable':
      return of(failure.detail === 'ECONNREFUSED' ? 'target' : 'path', failure.detail);
    default:
      return failure satisfies never;
  }
};

/** 0 while it answers; then twice as long each time, up to five minutes. */
const backOffMs = (silent: number, intervalMs: number): number =>
  silent <= PATIENT_POLLS ? 0 : Math.min(LONGEST_BACK_OFF_MS, intervalMs * 2 ** (silent - PATIENT_POLLS)) - intervalMs;

/** The first slot after `ms`: monotonic time ≡ phase modulo interval. */
const slotAfter = (ms: number, phaseMs: number, intervalMs: number): number =>
  phaseMs + (Math.floor((ms - phaseMs) / intervalMs) + 1) * intervalMs;

/** What this agent wrote itself, some version ago: what cannot be read is forgotten. */
const parseKnown = (text: string | null): Known => {
  if (text === null) return nothingKnown;
  try {
    const known: Partial<Known> = JSON.parse(text);
    const isPort = (port: Partial<Known['ports'][number]>): boolean =>
      typeof port.id === 'string' && typeof port.index === 'number' && typeof port.name === 'string';
    const isWhole = typeof known.sysName === 'string' && Array.isArray(known.ports) && known.ports.every(isPort);
    return isWhole ? { sysName: known.sysName ?? '', ports: known.ports ?? [] } : nothingKnown;
  } catch {
    return nothingKnown;
  }
};
