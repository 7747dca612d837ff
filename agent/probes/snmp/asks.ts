// What is asked of devices once, beside the polls: by a person at this host, or by a command of the controller. The guard rails hold for both.
import type { FoundDevice, FoundVariable } from '../../../protocol/command.ts';
import type { SnmpAccess, SnmpSecrets } from '../../../protocol/probes/snmp.ts';
import { type Clock, slept } from '../../../protocol/time.ts';
import type { Limits } from '../../config/limits.ts';
import { ABOUT, SCALARS } from './if-mib.ts';
import { makePermit } from './permits.ts';
import { type Failure, openSession, type SnmpSession } from './session.ts';
import { numberOf, textOf } from './value.ts';
import { walkSession } from './walk.ts';

interface Speaking {
  readonly port: number;
  readonly access: SnmpAccess;
  readonly secrets: SnmpSecrets;
  readonly timeoutMs: number;
  readonly retries: number;
}
/** Addresses, no names: who asks has resolved them. */
export type SnmpAsk = Speaking &
  (
    | { readonly do: 'snmp-walk'; readonly address: string; readonly root: string; readonly most: number }
    | { readonly do: 'snmp-discover'; readonly addresses: readonly string[] }
  );

export interface SnmpFound {
  readonly variables: readonly FoundVariable[];
  readonly devices: readonly FoundDevice[];
}
export interface AskDeps {
  readonly clock: Clock;
  readonly limits: () => Limits | null;
  readonly put: (found: SnmpFound) => void;
}

/** Devices asked at the same time by a discovery, and how soon after each other: a network is not to be hit all at once. */
const AT_ONCE = 64;
const BETWEEN_MS = 10;
const IF_NUMBER = '1.3.6.1.2.1.2.1.0';

/** Ends when all is found, after a failure, or when the signal aborts. Never rejects. null: nothing went wrong. */
export const runAsk = (ask: SnmpAsk, deps: AskDeps, signal: AbortSignal): Promise<Failure | null> =>
  ask.do === 'snmp-walk' ? walk(ask, deps, signal) : discover(ask, deps, signal);

const walk = async (ask: Extract<SnmpAsk, { do: 'snmp-walk' }>, deps: AskDeps, signal: AbortSignal): Promise<Failure | null> => {
  using session = open(ask, ask.address, deps, signal);
  return await walkSession(session, ask, (variables) => deps.put({ variables, devices: [] }), signal);
};

const discover = async (ask: Extract<SnmpAsk, { do: 'snmp-discover' }>, deps: AskDeps, signal: AbortSignal): Promise<Failure | null> => {
  const waiting = [...ask.addresses];
  let held: Failure | null = null;
  const look = async (): Promise<void> => {
    for (let address = waiting.shift(); address !== undefined && !signal.aborted; address = waiting.shift()) {
      using session = open(ask, address, deps, signal);
      const answer = await session.get([SCALARS.sysName, ABOUT.sysDescr, ABOUT.sysObjectID, IF_NUMBER]);
      if (!answer.ok) {
        if (answer.reason === 'held' && !signal.aborted) held = { ...answer, detail: `${address}: ${answer.detail}` };
        continue;
      }
      const [name, descr, objectId, ports] = answer.value;
      const device = { address, name: textOf(name), descr: textOf(descr), objectId: textOf(objectId), ports: numberOf(ports) };
      deps.put({ variables: [], devices: [device] });
    }
  };
  const lookers: Promise<void>[] = [];
  for (let i = 0; i < Math.min(AT_ONCE, ask.addresses.length); i += 1) {
    lookers.push(look());
    if (!(await slept(deps.clock, BETWEEN_MS, signal))) break;
  }
  await Promise.all(lookers);
  return held;
};

const open = ({ port, access, secrets, timeoutMs, retries }: Speaking, address: string, deps: AskDeps, signal: AbortSignal) => {
  const permit = makePermit(deps.limits, address, deps.clock, signal);
  const session = openSession({ device: { address, port }, access, secrets, timeoutMs, retries, permit }, deps.clock);
  const close = (): void => session.close();
  signal.addEventListener('abort', close, { once: true });
  const dispose = (): void => {
    signal.removeEventListener('abort', close);
    session.close();
  };
  return Object.assign(session, { [Symbol.dispose]: dispose }) satisfies SnmpSession & Disposable;
};
