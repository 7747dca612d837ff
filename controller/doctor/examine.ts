import { existsSync } from 'node:fs';
import { type Step, StepPrinter } from '../../protocol/steps.ts';
import { pathsIn } from '../data.ts';
import type { Settings } from '../settings.ts';
import { checkDirectory, checkDisk, checkHostClock, checkKeys } from './host.ts';
import { checkAgentsPort, checkBroker, checkNames, checkWebPort } from './network.ts';
import { checkArrivals, checkPackages, checkReadiness, checkStore } from './parts.ts';
import { EXIT } from '../cli/exit-codes.ts';

/** `controller doctor`: looks at everything that a controller needs, running or not. Changes nothing. Returns the exit code of the first step that failed. */
export const examine = async (settings: Settings, json: boolean, print: (text: string) => void): Promise<number> => {
  const printer = new StepPrinter(json, (text) => print(text.replace(/\n$/, '')));
  const paths = pathsIn(settings.data);
  if (!existsSync(paths.control)) {
    printer.add(neverRan(settings.data));
    return printer.end({ data: settings.data });
  }
  printer.add(checkDirectory(settings.data));
  for (const step of checkKeys(paths.keys)) printer.add(step);
  printer.add(checkHostClock());
  printer.add(checkDisk(settings.data));
  const readiness = await checkReadiness(paths.socket);
  const running = readiness.ok;
  printer.add(readiness.step);
  printer.add(await checkWebPort(settings, running));
  printer.add(await checkAgentsPort(settings, paths.keys, running));
  printer.add(await checkBroker(settings));
  for (const step of await checkNames(settings)) printer.add(step);
  printer.add(checkArrivals(paths.arrivals));
  printer.add(checkStore(paths.series));
  printer.add(checkPackages(settings.packages));
  return printer.end({ data: settings.data, running });
};

const neverRan = (data: string): Step => ({
  step: 'data',
  ok: false,
  detail: `no controller has ever run on ${data}`,
  fix: 'start it once, or name its directory with --data DIR',
  exit: EXIT.config,
});
