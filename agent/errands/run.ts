import type { Command, CommandEnd, Errand } from '../../protocol/command.ts';
import type { Parsed } from '../../protocol/labels.ts';
import { SnmpSecrets } from '../../protocol/probes/snmp.ts';
import type { Resolve, SnmpEngine } from '../probes/probe.ts';
import type { SnmpAsk, SnmpFound } from '../probes/snmp/asks.ts';

export interface ErrandDeps {
  readonly snmp: Pick<SnmpEngine, 'ask'>;
  readonly resolve: Resolve;
  /** Opens what was sealed to this agent in the context of a command's id. */
  readonly unseal: (id: string, sealed: string) => Parsed<string>;
}

/** Does what a command asks for; what is found goes to `put` as it comes. The guard rails hold in the processes that send. Never rejects. */
export const runErrand = async (
  { id, errand }: Command,
  deps: ErrandDeps,
  put: (found: SnmpFound) => void,
  signal: AbortSignal,
): Promise<CommandEnd> => {
  const secrets = secretsOf(deps.unseal(id, errand.sealed), errand);
  if (!secrets.ok) return no('secret-not-readable', secrets.reason);
  const { port, access, timeoutMs, retries } = errand;
  const speaking = { port, access, timeoutMs, retries, secrets: secrets.value };
  const ask = await askOf(errand, speaking, deps.resolve, signal);
  if (!ask.ok) return no('not-resolved', ask.reason);
  const failure = await deps.snmp.ask(ask.value, put, signal);
  if (signal.aborted) return no('took-too-long', 'ended where it was');
  return failure === null ? { ok: true } : no(failure.reason, failure.detail);
};

const no = (reason: string, detail: string): CommandEnd => ({ ok: false, reason: reason.slice(0, 64), detail: detail.slice(0, 500) });

type Speaking = Omit<SnmpAsk, 'do' | 'address' | 'addresses' | 'root' | 'most'>;

const askOf = async (errand: Errand, speaking: Speaking, resolve: Resolve, signal: AbortSignal): Promise<Parsed<SnmpAsk>> => {
  switch (errand.do) {
    case 'snmp-walk': {
      const found = await resolve(errand.address, errand.family, signal, 'snmp');
      const { do: what, root, most } = errand;
      return found.ok
        ? { ok: true, value: { ...speaking, do: what, address: found.address, root, most } }
        : { ok: false, reason: found.detail };
    }
    case 'snmp-discover':
      return { ok: true, value: { ...speaking, do: errand.do, addresses: errand.addresses } };
    default:
      return errand satisfies never;
  }
};

/** The reason says nothing of what is inside. */
const secretsOf = (opened: Parsed<string>, { sealed }: Errand): Parsed<SnmpSecrets> => {
  if (sealed === '') return { ok: true, value: {} };
  if (!opened.ok) return opened;
  try {
    const parsed = SnmpSecrets.safeParse(JSON.parse(opened.value));
    return parsed.success ? { ok: true, value: parsed.data } : { ok: false, reason: 'the sealed secrets are not understood' };
  } catch {
    return { ok: false, reason: 'the sealed secrets are not JSON' };
  }
};
