import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { EnrolmentToken } from '../../protocol/enrolment.ts';
import { AgentId, toSlug } from '../../protocol/ids.ts';
import { Labels } from '../../protocol/labels.ts';
import { DEFAULT_LIMITS_FILE } from '../config/guard-rails.ts';
import { DataDirectory, type IdentityFile, writeWhole } from '../enrolment/files.ts';
import { enrol } from '../enrolment/register.ts';
import { datesNow } from '../host.ts';
import { parseEndpoint } from '../link/endpoint.ts';
import { PROGRAM, QUIET_PROGRAM } from '../program.ts';
import { EXIT, type Settings, tokenFromEnvironment } from '../settings.ts';
import { StepPrinter } from '../../protocol/steps.ts';
import { checkIcmp, checkLimits, checkSession } from './checks.ts';
import { asOwnerOf, startService } from './service.ts';
import { runningAgent, startLine } from './status.ts';

export interface RegisterFlags {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly name?: string;
  readonly label?: readonly string[];
  readonly json?: boolean;
}

/** `agent register`: enrols this host, and shows that all of it works. Harmless when run again. Returns the exit code. */
export const register = async (
  settings: Settings,
  controllerText: string | undefined,
  flags: RegisterFlags,
  signal: AbortSignal,
): Promise<number> => {
  const printer = new StepPrinter(flags.json === true, (text) => void process.stdout.write(text));
  const data = new DataDirectory(settings.data);
  const known = data.identity();
  const identity = known ?? (await enrolNow(data, controllerText, flags, printer, signal));
  if (identity === null) return printer.end({});
  if (known !== null)
    printer.add({
      step: 'enrol',
      ok: true,
      detail: `already enrolled as "${known.agent}" at ${known.controller}: nothing changed. For another controller use another --data, or delete ${data.path}`,
    });
  const running = runningAgent(data);
  if (running === null) for (const step of await checkSession(data, identity, signal)) printer.add(step);
  else
    printer.add({
      step: 'broker',
      ok: true,
      detail: `the agent runs already (process ${running.pid}), ${running.connected ? 'connected' : `not connected: ${running.detail}`}`,
    });
  for (const step of await checkIcmp(signal)) printer.add(step);
  writeLimits(settings.limits, printer);
  printer.add(await checkLimits(settings.limits, process.getuid?.() ?? 0));
  const service = startService(settings.data);
  if (service !== null) printer.add(service);
  const code = printer.end({ agent: identity.agent, controller: identity.controller, data: data.path, limits: settings.limits });
  if (flags.json !== true && running === null && service === null) process.stdout.write(`\nStart it: ${startLine(data.path)}\n`);
  return KEEPS_RUNNING.includes(code) ? EXIT.ok : code;
};

/** The host is enrolled: what is left to mend (no CAP_NET_RAW, say) is shown, and `agent run` says it again. */
const KEEPS_RUNNING: readonly number[] = [EXIT.noPermission, 1];

const enrolNow = async (
  data: DataDirectory,
  controllerText: string | undefined,
  flags: RegisterFlags,
  printer: StepPrinter,
  signal: AbortSignal,
): Promise<IdentityFile | null> => {
  const usage = (detail: string, fix: string): null => {
    printer.add({ step: 'arguments', ok: false, detail, fix, exit: EXIT.usage });
    return null;
  };
  const endpoint = parseEndpoint(controllerText ?? '');
  if (!endpoint.ok) return usage(endpoint.reason, `${PROGRAM} register CONTROLLER[:PORT] --token-file -`);
  const token = EnrolmentToken.safeParse(readToken(flags) ?? '');
  if (!token.success)
    return usage(
      token.error.issues[0]?.message ?? 'no token',
      'give it by --token-file FILE, --token-file - (standard input), SONDE_TOKEN or --token',
    );
  const name = AgentId.safeParse(flags.name ?? toSlug(hostname()));
  if (!name.success) return usage(`name: ${name.error.issues[0]?.message ?? ''}`, '--name a-name-like-this');
  const labels = Labels.safeParse(
    Object.fromEntries((flags.label ?? []).map((pair) => [pair.split('=')[0], pair.split('=').slice(1).join('=')])),
  );
  if (!labels.success) return usage(`label: ${labels.error.issues[0]?.message ?? ''}`, '--label site=ams1');
  const order = { controller: endpoint.value, token: token.data, name: name.data, hostname: hostname(), labels: labels.data };
  return asOwnerOf(data.path, () => enrol({ ...order, data, nowMs: datesNow, tell: (step) => printer.add(step) }, signal));
};

const readToken = (flags: RegisterFlags): string | undefined => {
  if (flags.tokenFile !== undefined) return readFileSync(flags.tokenFile === '-' ? 0 : flags.tokenFile, 'utf8').trim();
  return flags.token ?? tokenFromEnvironment();
};

const writeLimits = (path: string, printer: StepPrinter): void => {
  try {
    readFileSync(path);
    return; // never touched when it is there
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return; // checkLimits says what is wrong
  }
  try {
    writeWhole(path, DEFAULT_LIMITS_FILE, 0o644);
    printer.add({ step: 'guard rails written', ok: true, detail: `${path}, with the defaults` });
  } catch (error) {
    printer.add({
      step: 'guard rails written',
      ok: false,
      detail: error instanceof Error ? error.message : String(error),
      fix: `as root: ${QUIET_PROGRAM} limits > ${path}`,
      exit: EXIT.noPermission,
    });
  }
};
