import type * as z from 'zod';
import { describe } from '../../protocol/codec.ts';
import { Config, Delegation, type Signed } from '../../protocol/config.ts';
import type { RejectReason } from '../../protocol/config-report.ts';
import type { Parsed } from '../../protocol/labels.ts';
import { isSignedBy } from '../../protocol/signature.ts';

/** What the agent holds already: the order in which things may follow. */
export interface Held {
  /** The highest generation that the root has signed, as far as this agent has seen. */
  readonly generation: number;
  /** The configuration applied last, with the bytes as they were signed. */
  readonly applied: { readonly generation: number; readonly revision: number; readonly body: string } | null;
}

export const nothingHeld: Held = { generation: 0, applied: null };

export interface Identity {
  readonly agentId: string;
  /** Ed25519, SPKI, base64: pinned at enrolment. */
  readonly rootKey: string;
}

export interface Rejection {
  readonly ok: false;
  readonly reason: RejectReason;
  readonly details: readonly string[];
  readonly generation: number | null;
  readonly revision: number | null;
}
export type Verdict<T> = { readonly ok: true; readonly value: T } | Rejection;

/** The chain: the pinned root signed the delegation, whose generation does not go back, and the delegate signed these bytes. */
export const verifyChain = (signed: Signed, identity: Identity, held: Held): Verdict<Delegation> => {
  if (!isDelegated(signed.delegation, identity.rootKey))
    return rejected('delegation-not-signed-by-root', 'the signing key is not delegated by the root key that was pinned at enrolment');
  const delegation = parse(Delegation, signed.delegation.body);
  if (!delegation.ok) return rejected('not-decodable', `delegation: ${delegation.reason}`);
  const { generation } = delegation.value;
  if (generation < held.generation)
    return rejected('generation-went-back', `generation ${generation} after ${held.generation}`, { generation, revision: null });
  if (!isSignedBy(signed.body, signed.signature, delegation.value.publicKey))
    return rejected('not-signed-by-delegate', `not signed by the key of generation ${generation}`, { generation, revision: null });
  return { ok: true, value: delegation.value };
};

/** It comes with every message and is the same for months: what was found good last is known by its bytes. */
let lastGood: { readonly body: string; readonly signature: string; readonly rootKey: string } | null = null;

const isDelegated = ({ body, signature }: Signed['delegation'], rootKey: string): boolean => {
  if (lastGood?.body === body && lastGood.signature === signature && lastGood.rootKey === rootKey) return true;
  if (!isSignedBy(body, signature, rootKey)) return false;
  lastGood = { body, signature, rootKey };
  return true;
};

/** Whether a configuration may be applied. `repeated`: it is the one that is applied already, byte for byte. Pure. */
export const verifyConfig = (
  signed: Signed,
  identity: Identity,
  held: Held,
): Verdict<{ readonly config: Config; readonly body: string; readonly repeated: boolean }> => {
  const chain = verifyChain(signed, identity, held);
  if (!chain.ok) return chain;
  const parsed = parse(Config, signed.body);
  if (!parsed.ok) return rejected('not-a-configuration', parsed.reason, { generation: chain.value.generation, revision: null });
  const config = parsed.value;
  const at = { generation: config.generation, revision: config.revision };
  if (config.agent !== identity.agentId)
    return rejected('for-another-agent', `for "${config.agent}", but this is "${identity.agentId}"`, at);
  if (config.generation !== chain.value.generation)
    return rejected('generation-mismatch', `configuration of generation ${config.generation}, key of ${chain.value.generation}`, at);
  const ids = new Set<string>();
  for (const { id } of config.tasks) {
    if (ids.has(id)) return rejected('not-a-configuration', `tasks: two have the id ${id}`, at);
    ids.add(id);
  }
  const { applied } = held;
  if (applied === null || applied.generation < config.generation)
    return { ok: true, value: { config, body: signed.body, repeated: false } };
  if (config.revision < applied.revision)
    return rejected('revision-went-back', `revision ${config.revision} after ${applied.revision}`, at);
  if (config.revision > applied.revision) return { ok: true, value: { config, body: signed.body, repeated: false } };
  if (signed.body !== applied.body)
    return rejected('same-revision-other-content', `revision ${config.revision} is applied already, with other content`, at);
  return { ok: true, value: { config, body: signed.body, repeated: true } };
};

export const rejected = (
  reason: RejectReason,
  detail: string,
  at: { readonly generation: number | null; readonly revision: number | null } = { generation: null, revision: null },
): Rejection => ({ ok: false, reason, details: [detail.slice(0, 500)], ...at });

/** A JSON text to its schema, every unknown field refused. */
export const parse = <T>(schema: z.ZodType<T>, text: string): Parsed<T> => {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? { ok: true, value: parsed.data } : { ok: false, reason: describe(parsed.error) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
};
