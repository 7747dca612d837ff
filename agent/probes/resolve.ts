import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ProbeKind } from '../../protocol/probes/index.ts';
import type { Resolution, Resolve } from './probe.ts';

/** Why the host's owner does not let an address be probed; null: he does. */
export type Refusal = (address: string, probe: ProbeKind) => string | null;
/** Every address that a name has, in the resolver's order; rejects with node:dns's codes. */
export type LookUp = (name: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** The host's own resolver, as every other program on it asks (nsswitch, /etc/hosts). */
export const systemLookUp: LookUp = (name) => lookup(name, { all: true, order: 'verbatim' });

/** Names to addresses. Every address is checked before it is given out, and what is given out is what is probed: a name that points into a
 * denied network after the check (DNS rebinding) gains nothing. An address is checked and returned as it is. */
export const makeResolve =
  (refusal: Refusal, lookUp: LookUp = systemLookUp): Resolve =>
  async (address, family, signal, probe = 'icmp') => {
    const refuses = (one: string): string | null => refusal(one, probe);
    if (isIP(address) !== 0) return judge([{ address, family: isIP(address) }], address, family, refuses);
    try {
      return judge(await abortable(lookUp(address), signal), address, family, refuses);
    } catch (error) {
      return failed(error, address);
    }
  };

const judge = (
  addresses: readonly { address: string; family: number }[],
  name: string,
  family: 'any' | 'v4' | 'v6',
  refusal: (address: string) => string | null,
): Resolution => {
  const wanted = addresses.filter((one) => family === 'any' || one.family === (family === 'v4' ? 4 : 6));
  const [first] = wanted;
  if (first === undefined)
    return {
      ok: false,
      blame: 'resolver',
      reason: 'no-address',
      detail: `${name} has no ${family === 'any' ? '' : `IP${family} `}address`,
    };
  const allowed = wanted.find((one) => refusal(one.address) === null);
  if (allowed !== undefined) return { ok: true, address: allowed.address };
  const reason = refusal(first.address) ?? 'denied-network';
  return {
    ok: false,
    blame: 'agent',
    reason,
    detail: `${name === first.address ? name : `${name} (${first.address})`}: the limits file does not let it be probed`,
  };
};

/** node:dns's codes, and the stable ones that rounds carry. */
const REASONS: Record<string, string> = {
  ENOTFOUND: 'nxdomain',
  ENODATA: 'no-address',
  EAI_AGAIN: 'resolver-unreachable',
  ETIMEOUT: 'resolver-timeout',
};

const failed = (error: unknown, name: string): Resolution => {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'resolver-failed';
  return {
    ok: false,
    blame: 'resolver',
    reason: REASONS[code] ?? code,
    detail: `${name}: ${error instanceof Error ? error.message : String(error)}`,
  };
};

/** node:dns cannot be cancelled; whoever waits can. */
const abortable = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
