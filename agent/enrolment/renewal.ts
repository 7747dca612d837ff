import { RENEW_PATH, RenewResponse } from '../../protocol/enrolment.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { dial, DialError } from '../link/dial.ts';
import type { Endpoint } from '../link/endpoint.ts';
import { dialOptionsOf, type Validity, validityOf } from './credentials.ts';
import type { DataDirectory } from './files.ts';
import { makeRequest } from './keys.ts';

/** At the start: after the ICMP process, and before the first session is refused twice. */
const FIRST_LOOK_MS = 2_000;
const LOOK_MS = 60_000;
/** A line that is down is tried again within minutes: who was off for a month wants to come back. */
const FAILURES_OF_THE_LINE = 3;
const HOUR_MS = 3_600_000;
const AGAIN_MS = HOUR_MS;

/** When to renew, wall ms: at half life, up to a tenth of the life later, so that a fleet enrolled at once does not renew at once. Pure. */
export const renewalAt = ({ fromMs, toMs }: Validity, fraction: number): number => fromMs + (toMs - fromMs) * (0.5 + 0.1 * fraction);

/** Whether to renew now. Pure. Who is shut out tries it too: its clock may not know that the certificate has expired. */
export const isDue = (validity: Validity, nowMs: number, fraction: number, shutOut: boolean): boolean =>
  shutOut || nowMs >= renewalAt(validity, fraction);

/** Until the next try after a refusal or a dead line: a minute, doubling to an hour, half of it jitter. Pure; `failures` ≥ 1. */
export const retryMs = (failures: number, fraction: number): number =>
  Math.min(HOUR_MS, LOOK_MS * 2 ** (failures - 1)) * (0.5 + fraction / 2);

export interface RenewalDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly data: DataDirectory;
  readonly agentId: string;
  readonly controller: Endpoint;
  /** Now for certificates' dates: the controller's time when it is known; null when nothing is. */
  readonly nowMs: () => number | null;
  /** Whether the agent has been without a session for long. */
  readonly shutOut: () => boolean;
}

/** Keeps the certificate young until the signal aborts. One that has expired renews at once: the controller lets it do just that. */
export const keepRenewed = async (deps: RenewalDeps, signal: AbortSignal): Promise<void> => {
  const { clock, random, log, data } = deps;
  let fraction = random.fraction();
  let failures = 0;
  let waitMs = FIRST_LOOK_MS;
  let renewedMs = Number.NEGATIVE_INFINITY;
  for (; await slept(clock, waitMs, signal); waitMs = failures === 0 ? LOOK_MS : retryMs(failures, random.fraction())) {
    const certificate = data.certificate();
    const now = deps.nowMs() ?? clock.now();
    const shutOut = deps.shutOut() && clock.monotonic() - renewedMs > AGAIN_MS; // a young certificate is not what keeps it out
    if (certificate === null || !isDue(validityOf(certificate), now, fraction, shutOut)) continue;
    try {
      const until = await renew(deps, signal);
      log.info('certificate-renewed', `the certificate is renewed until ${until}`);
      failures = 0;
      renewedMs = clock.monotonic();
      fraction = random.fraction();
    } catch (error) {
      if (signal.aborted) return;
      const isLine = error instanceof DialError && error.step === 'reach';
      failures = isLine ? Math.min(failures + 1, FAILURES_OF_THE_LINE) : failures + 1;
      log.warn('renewal-failed', `the certificate could not be renewed: ${error instanceof Error ? error.message : String(error)}`, {
        failures,
      });
    }
  }
};

/** One renewal over mutual TLS with the present certificate, for the same key. Returns the new end of validity. */
export const renew = async (
  { data, agentId, controller, nowMs }: Pick<RenewalDeps, 'data' | 'agentId' | 'controller' | 'nowMs'>,
  signal: AbortSignal,
): Promise<string> => {
  const key = data.key();
  if (key === null) throw new Error(`${data.file('agent.key')} is gone: register again`);
  const { post } = await import('./exchange.ts'); // node:http brings several megabytes, for twice a week
  const csr = await makeRequest(key, agentId);
  const { socket } = await dial(controller, dialOptionsOf(data, nowMs), signal);
  const reply = await post(socket, RENEW_PATH, { csr }, RenewResponse).finally(() => socket.destroy());
  if (!reply.ok) throw new Error(`${reply.error} (${reply.fix})`);
  data.writeCertificates(reply.value.certificate, data.authority() ?? reply.value.ca);
  return new Date(validityOf(reply.value.certificate).toMs).toISOString();
};
