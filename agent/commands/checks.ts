import { readFileSync } from 'node:fs';
import { decode, encode } from '../../protocol/codec.ts';
import { ClockReply } from '../../protocol/clock-exchange.ts';
import type { Session } from '../../protocol/link.ts';
import { silentLog } from '../../protocol/log.ts';
import { slept, systemClock } from '../../protocol/time.ts';
import { topic, topicsToAgent } from '../../protocol/topics.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { readGuardRails } from '../config/guard-rails.ts';
import { Limits } from '../config/limits.ts';
import { noRawFix } from '../capability.ts';
import { brokerOf, dialOptionsOf } from '../enrolment/credentials.ts';
import type { DataDirectory, IdentityFile } from '../enrolment/files.ts';
import { datesNow } from '../host.ts';
import { DialError } from '../link/dial.ts';
import { parseEndpoint } from '../link/endpoint.ts';
import { makeTransport } from '../link/transport.ts';
import { EXIT } from '../settings.ts';
import type { Step } from '../../protocol/steps.ts';
import { offsetSample } from '../time/offset.ts';

const ECHO_WITHIN_MS = 10_000; // under an emulator the ICMP process alone takes half of it
const CLOCK_REQUESTS = 4;
const BETWEEN_REQUESTS_MS = 1_000;

/** A session with the broker as this agent, and one clock exchange over it. Not while the agent runs: a second session would end its own. */
export const checkSession = async (data: DataDirectory, identity: IdentityFile, signal: AbortSignal): Promise<readonly Step[]> => {
  const endpoint = parseEndpoint(brokerOf(identity));
  if (!endpoint.ok) return [{ step: 'broker', ok: false, detail: endpoint.reason, fix: 'register again', exit: EXIT.config }];
  const reply = Promise.withResolvers<readonly [ClockReply, number]>();
  const transport = makeTransport({
    agentId: identity.agent,
    endpoint: () => endpoint.value,
    dialOptions: () => dialOptionsOf(data, datesNow),
  });
  try {
    const session = await transport.connect(
      {
        will: { topic: topic(identity.agent, 'status'), payload: encode({ v: PROTOCOL_VERSION, state: 'offline', reason: 'line-cut' }) },
        subscriptions: topicsToAgent(identity.agent),
        onMessage: ({ topic: text, payload }) => {
          const parsed = text === topic(identity.agent, 'clock/reply') ? decode(ClockReply, payload) : null;
          if (parsed?.ok === true) reply.resolve([parsed.value, systemClock.now()]);
        },
      },
      signal,
    );
    try {
      const asking = new AbortController();
      const answer = await Promise.race([reply.promise, askClock(session, identity.agent, AbortSignal.any([signal, asking.signal]))]);
      asking.abort();
      return [{ step: 'broker', ok: true, detail: `session with ${brokerOf(identity)}, mutual TLS` }, clockStep(answer)];
    } finally {
      await session.close();
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const reach = error instanceof DialError && error.step === 'reach';
    const fix = reach
      ? 'is the controller running, and may this host reach it?'
      : 'the controller’s log says why; a revoked agent registers again with a new token';
    return [{ step: 'broker', ok: false, detail, fix, exit: reach ? EXIT.unreachable : EXIT.retry }];
  }
};

/** Asks once a second: at QoS 0 a request may be lost. Resolves with null when nobody has answered. */
const askClock = async (session: Session, agentId: string, signal: AbortSignal): Promise<null> => {
  for (let asked = 0; asked < CLOCK_REQUESTS; asked += 1) {
    const request = encode({ v: PROTOCOL_VERSION, t1: systemClock.now() });
    await session.publish(topic(agentId, 'clock/request'), request, { qos: 0 });
    if (!(await slept(systemClock, BETWEEN_REQUESTS_MS, signal))) return null;
  }
  return null;
};

const clockStep = (answer: readonly [ClockReply, number] | null): Step => {
  const sample = answer === null ? null : offsetSample(answer[0].t1, answer[0].t2, answer[0].t3, answer[1]);
  if (sample === null)
    return {
      step: 'clock',
      ok: false,
      detail: 'the controller did not answer the clock exchange',
      fix: 'is the controller itself running (not only its broker)?',
      exit: EXIT.retry,
    };
  const off = `this host's clock is ${Math.abs(sample.offsetMs).toFixed(1)} ms ${sample.offsetMs > 0 ? 'behind' : 'ahead of'} the controller's, ± ${(sample.delayMs / 2).toFixed(1)} ms`;
  return { step: 'clock', ok: true, detail: `${off}; rounds carry the controller's time either way` };
};

/** Really sends an echo to loopback, v4 and v6, through the agent's own ICMP process. Nothing leaves the host. */
export const checkIcmp = async (signal: AbortSignal): Promise<readonly Step[]> => {
  const { openIcmpEngine } = await import('../icmp/supervisor.ts');
  await using engine = openIcmpEngine({ clock: systemClock, log: silentLog, limits: Limits.parse({}) });
  const over = AbortSignal.any([signal, AbortSignal.timeout(ECHO_WITHIN_MS)]);
  const echo = async (address: string): Promise<Step> => {
    const step = `ICMP ${address.includes(':') ? 'IPv6' : 'IPv4'}`;
    const options = { kind: 'icmp', count: 1, spacingMs: 10, timeoutMs: 500, sizeBytes: 56, dscp: 0, ttl: 64 } as const;
    const task = { id: 'doctor/icmp', target: { id: 'doctor', address, family: 'any' }, intervalMs: 1_000, options, address } as const;
    for await (const { outcome } of engine.rounds(task, 0, over)) {
      if (outcome.status !== 'sampled')
        return { step, ok: false, detail: `${outcome.reason} ${outcome.detail ?? ''}`, fix: `is ${address} up on the interface lo?` };
      const rtt = outcome.sample.kind === 'icmp' ? outcome.sample.rtt : null;
      const { detail } = engine.state();
      const less = detail === '' ? '' : `; ${detail}`;
      if (rtt !== null) return { step, ok: true, detail: `echo of ${address} after ${(rtt.medianMs * 1000).toFixed(0)} µs${less}` };
    }
    const { icmp, detail } = engine.state();
    if (icmp === 'no-permission')
      return { step, ok: false, detail: 'no permission to send raw packets', fix: noRawFix(), exit: EXIT.noPermission };
    return {
      step,
      ok: false,
      detail: icmp === 'ok' || detail === '' ? `no answer from ${address} within ${ECHO_WITHIN_MS / 1000} s` : detail,
      fix: `is ${address} up? ip addr show lo`,
    };
  };
  const hasV6 = readOr('/proc/net/if_inet6') !== '';
  const steps = [await Promise.all(['127.0.0.1', ...(hasV6 ? ['::1'] : [])].map(echo))].flat();
  return hasV6 ? steps : [...steps, { step: 'ICMP IPv6', ok: true, detail: 'this host has no IPv6' }];
};

export const checkLimits = async (path: string, uid: number): Promise<Step> => {
  const rails = await readGuardRails(path, uid);
  if (!rails.ok) return { step: 'guard rails', ok: false, detail: `${rails.reason}: nothing is sent`, fix: rails.fix, exit: EXIT.config };
  const { perTarget, total } = rails.limits;
  return {
    step: 'guard rails',
    ok: true,
    detail: `${path}: ${perTarget.packetsPerSecond} packets/s to one target, ${total.packetsPerSecond} in all`,
  };
};

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
