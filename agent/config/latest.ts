import { Latest, type Signed } from '../../protocol/config.ts';
import { type Held, type Identity, parse, rejected, type Verdict, verifyChain } from './verify.ts';

/** What the signed, dated "this is the latest" has told so far. `risenMs`: steady time at which its date rose last;
 * `namedMs`: at which it named this revision first. */
export interface Freshness {
  readonly at: number;
  readonly generation: number;
  readonly revision: number;
  readonly risenMs: number;
  readonly namedMs: number;
}

/** At the start: nothing heard yet, which is no sign of staleness for as long as `staleMs`. */
export const unheard = (nowMs: number): Freshness => ({ at: 0, generation: 0, revision: 0, risenMs: nowMs, namedMs: nowMs });

export const verifyLatest = (signed: Signed, identity: Identity, held: Held): Verdict<Latest> => {
  const chain = verifyChain(signed, identity, held);
  if (!chain.ok) return chain;
  const latest = parse(Latest, signed.body);
  if (!latest.ok) return rejected('not-a-configuration', latest.reason);
  if (latest.value.agent !== identity.agentId) return rejected('for-another-agent', `for "${latest.value.agent}"`);
  if (latest.value.generation !== chain.value.generation)
    return rejected('generation-mismatch', `dated in generation ${latest.value.generation}, key of ${chain.value.generation}`);
  return { ok: true, value: latest.value };
};

/** A repeat of an old date (a broker that holds updates back) changes nothing. */
export const heard = (freshness: Freshness, latest: Latest, nowMs: number): Freshness => {
  const { at, generation, revision } = latest;
  if (at <= freshness.at) return freshness;
  const named = generation === freshness.generation && revision === freshness.revision;
  return { at, generation, revision, risenMs: nowMs, namedMs: named ? freshness.namedMs : nowMs };
};

/** Whether what is applied may be old: the date has not risen for `staleMs`, or a newer revision was named a minute ago and has not come. */
export const mayBeStale = (freshness: Freshness, held: Held, nowMs: number, staleMs: number): boolean => {
  if (nowMs - freshness.risenMs > staleMs) return true;
  const { applied } = held;
  const behind =
    applied === null
      ? freshness.at > 0
      : freshness.generation > applied.generation || (freshness.generation === applied.generation && freshness.revision > applied.revision);
  return behind && nowMs - freshness.namedMs > Math.min(60_000, staleMs);
};
