import { isIP } from 'node:net';
import { SnmpSecrets } from '../../protocol/probes/snmp.ts';
import { slept } from '../../protocol/time.ts';
import type { MeasuredRound, Probe, ProbeContext, TaskOf } from './probe.ts';

/** A name is asked for again this often: a device that moved is followed. */
const RESOLVE_EVERY_MS = 300_000;

/** Resolves, opens the secrets, and lets the SNMP process poll. What cannot be resolved or opened is a failed round each interval. */
export const snmp: Probe<'snmp'> = async function* (task, context) {
  const { clock, signal, phaseMs } = context;
  while (!signal.aborted) {
    const resolution = await context.resolve(task.target.address, task.target.family, signal, 'snmp');
    if (signal.aborted) return;
    const secrets = openSecrets(task, context);
    if (resolution.ok && secrets.ok) {
      yield* poll(task, resolution.address, secrets.value, context);
      continue;
    }
    const startedMs = phaseMs + (Math.floor((clock.monotonic() - phaseMs) / task.intervalMs) + 1) * task.intervalMs;
    if (!(await slept(clock, startedMs - clock.monotonic(), signal))) return;
    const { blame, reason, detail } = resolution.ok
      ? { blame: 'agent' as const, reason: 'secret-not-readable', detail: secrets.reason }
      : resolution;
    yield { startedMs, durationMs: 0, outcome: { status: 'failed', blame, reason: reason.slice(0, 64), detail: detail.slice(0, 500) } };
  }
};

type Opened = { readonly ok: true; readonly value: SnmpSecrets; readonly reason: '' } | { readonly ok: false; readonly reason: string };

/** The reason says nothing of what is inside. */
const openSecrets = (task: TaskOf<'snmp'>, context: ProbeContext): Opened => {
  if (task.options.sealed === '') return { ok: true, value: {}, reason: '' };
  const opened = context.unseal(task.id, task.options.sealed);
  if (!opened.ok) return { ok: false, reason: `${opened.reason}: save the device again, or register the agent again` };
  try {
    const parsed = SnmpSecrets.safeParse(JSON.parse(opened.value));
    return parsed.success ? { ok: true, value: parsed.data, reason: '' } : { ok: false, reason: 'the sealed secrets are not understood' };
  } catch {
    return { ok: false, reason: 'the sealed secrets are not JSON' };
  }
};

/** Rounds from one address, until its name has another. */
async function* poll(task: TaskOf<'snmp'>, address: string, secrets: SnmpSecrets, context: ProbeContext): AsyncGenerator<MeasuredRound> {
  const moved = new AbortController();
  const signal = AbortSignal.any([context.signal, moved.signal]);
  const remember = (text: string): void => context.memory.write(task.id, text);
  const rounds = context.snmp.rounds(
    { task, address, secrets, remembered: context.memory.read(task.id), remember },
    context.phaseMs,
    signal,
  );
  const watching = isIP(task.target.address) === 0 ? watchName(task, address, context, moved) : Promise.resolve();
  try {
    yield* rounds;
  } finally {
    moved.abort();
    await watching;
  }
}

const watchName = async (task: TaskOf<'snmp'>, address: string, context: ProbeContext, moved: AbortController): Promise<void> => {
  const signal = AbortSignal.any([context.signal, moved.signal]);
  while (await slept(context.clock, RESOLVE_EVERY_MS, signal)) {
    const resolution = await context.resolve(task.target.address, task.target.family, signal, 'snmp');
    if (signal.aborted) return;
    if (resolution.ok ? resolution.address !== address : resolution.blame === 'agent' || resolution.reason === 'nxdomain') moved.abort();
  }
};
