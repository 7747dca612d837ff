import { statfsSync, statSync } from 'node:fs';
import { systemClock } from '../../protocol/time.ts';
import { validityOf } from '../enrolment/credentials.ts';
import { DataDirectory } from '../enrolment/files.ts';
import { isClockSynchronised } from '../host.ts';
import { PROGRAM } from '../program.ts';
import { EXIT, type Settings } from '../settings.ts';
import { type Step, StepPrinter } from '../../protocol/steps.ts';
import { checkIcmp, checkLimits, checkSession } from './checks.ts';
import { checkCapability, checkDns, checkPort, checkService, checkSpool } from './host-checks.ts';
import { runningAgent } from './status.ts';

const DISK_LOW_BYTES = 64 * 1024 * 1024;

/** `agent doctor`: looks at everything that an agent needs, and says how to mend what is missing. Returns the exit code. */
export const doctor = async (settings: Settings, json: boolean, signal: AbortSignal): Promise<number> => {
  const printer = new StepPrinter(json, (text) => void process.stdout.write(text));
  const data = new DataDirectory(settings.data);
  const identity = data.identity();
  printer.add(
    identity === null
      ? {
          step: 'enrolled',
          ok: false,
          detail: `${data.path} has no identity`,
          fix: `${PROGRAM} register CONTROLLER --token-file -`,
          exit: EXIT.config,
        }
      : { step: 'enrolled', ok: true, detail: `as "${identity.agent}" at ${identity.controller}` },
  );
  printer.add(checkCapability());
  for (const step of await checkIcmp(signal)) printer.add(step);
  printer.add(await checkLimits(settings.limits, process.getuid?.() ?? 0));
  printer.add(hostClock());
  if (identity !== null) {
    printer.add(keyMode(data));
    printer.add(certificate(data));
    printer.add(disk(data));
    const running = runningAgent(data);
    printer.add(checkSpool(data, running));
    printer.add(await checkDns(identity));
    printer.add(await checkPort(identity));
    const service = checkService(running);
    if (service !== null) printer.add(service);
    if (running === null) for (const step of await checkSession(data, identity, signal)) printer.add(step);
    else
      printer.add(
        running.connected
          ? { step: 'broker', ok: true, detail: `the running agent (process ${running.pid}) is connected` }
          : {
              step: 'broker',
              ok: false,
              detail: `the running agent (process ${running.pid}) is not connected: ${running.detail}`,
              fix: 'is the controller running, and may this host reach it?',
              exit: EXIT.unreachable,
            },
      );
  }
  return printer.end({ data: data.path });
};

const hostClock = (): Step => ({
  step: 'host clock',
  ok: true,
  detail: isClockSynchronised()
    ? 'synchronised'
    : 'nothing says that it is synchronised: certificates are checked without their dates, rounds carry the controller’s time',
});

const keyMode = (data: DataDirectory): Step => {
  const paths = ['agent.key', 'sealing.key'].map((name) => data.file(name));
  const open = paths.filter((path) => (modeOf(path) & 0o077) !== 0);
  if (open.length === 0) return { step: 'keys', ok: true, detail: 'readable by their owner only' };
  return {
    step: 'keys',
    ok: false,
    detail: `${open.join(', ')}: missing, or readable by others`,
    fix: `chmod 600 ${open.join(' ')}`,
    exit: EXIT.config,
  };
};

const certificate = (data: DataDirectory): Step => {
  const pem = data.certificate();
  if (pem === null)
    return {
      step: 'certificate',
      ok: false,
      detail: `${data.file('agent.crt')} is gone`,
      fix: `delete ${data.file('identity.json')} and register again`,
      exit: EXIT.config,
    };
  const { toMs } = validityOf(pem);
  const until = new Date(toMs).toISOString();
  if (!isClockSynchronised() || systemClock.now() < toMs)
    return { step: 'certificate', ok: true, detail: `until ${until}, renewed at half life` };
  return {
    step: 'certificate',
    ok: false,
    detail: `expired at ${until}`,
    fix: 'start the agent: an expired certificate that is not revoked renews itself',
    exit: EXIT.config,
  };
};

const disk = (data: DataDirectory): Step => {
  const { bavail, bsize } = statfsSync(data.path);
  const free = bavail * bsize;
  const detail = `${(free / 1024 / 1024).toFixed(0)} MiB free for the spool`;
  return free > DISK_LOW_BYTES
    ? { step: 'disk', ok: true, detail }
    : { step: 'disk', ok: false, detail, fix: `free some space on the file system of ${data.path}`, exit: EXIT.config };
};

const modeOf = (path: string): number => {
  try {
    return statSync(path).mode;
  } catch {
    return 0o777;
  }
};
