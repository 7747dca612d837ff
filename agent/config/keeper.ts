import { decode } from '../../protocol/codec.ts';
import { Config, Signed } from '../../protocol/config.ts';
import type { ConfigReport } from '../../protocol/config-report.ts';
import type { Log } from '../../protocol/log.ts';
import type { Task } from '../../protocol/task.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import type { LastGood } from './last-good.ts';
import { type Freshness, heard, mayBeStale, unheard, verifyLatest } from './latest.ts';
import { type Held, type Identity, parse, type Rejection, rejected, verifyConfig } from './verify.ts';

/** Starts and stops tasks until exactly these run, and takes over what else the configuration says. */
export type Apply = (tasks: readonly Task[], config: Config) => { readonly started: number; readonly stopped: number };

/** Holds the configuration: verifies what comes, keeps it, applies it, and knows whether it may be stale. */
export class ConfigKeeper {
  readonly #identity: Identity;
  readonly #lastGood: LastGood;
  readonly #apply: Apply;
  readonly #log: Log;
  #held: Held;
  #freshness: Freshness;
  #stale = false;

  constructor(identity: Identity, lastGood: LastGood, apply: Apply, log: Log, nowMs: number) {
    this.#identity = identity;
    this.#lastGood = lastGood;
    this.#apply = apply;
    this.#log = log;
    const { held, latestAt } = lastGood.read();
    this.#held = held;
    this.#freshness = { ...unheard(nowMs), at: latestAt };
  }

  get applied(): { readonly generation: number; readonly revision: number } | null {
    const { applied } = this.#held;
    return applied === null ? null : { generation: applied.generation, revision: applied.revision };
  }

  readonly held = (): Held => this.#held;

  /** At the start: what was applied last goes on, with or without a controller. */
  resume(): void {
    const { applied } = this.#held;
    const kept = applied === null ? null : parse(Config, applied.body);
    if (kept === null) return;
    if (kept.ok) this.#apply(kept.value.tasks, kept.value);
    else {
      // Written by a newer agent, say: the controller sends it again, and then it counts as new.
      this.#log.error('kept-config-unreadable', `the configuration on disk is not understood: ${kept.reason}`);
      this.#held = { ...this.#held, applied: null };
    }
  }

  /** A message on `config`. Applied, or rejected with the reason; rejected means that nothing has changed. */
  offer(payload: Uint8Array): ConfigReport {
    const signed = decode(Signed, payload);
    const verdict = signed.ok ? verifyConfig(signed.value, this.#identity, this.#held) : rejected('not-decodable', signed.reason);
    if (!verdict.ok) return this.#reject(verdict);
    const { config, repeated } = verdict.value;
    const at = { generation: config.generation, revision: config.revision };
    if (repeated) return { v: PROTOCOL_VERSION, result: 'applied', ...at, started: 0, stopped: 0 };
    const applied = { ...at, body: verdict.value.body };
    try {
      this.#lastGood.keep(applied);
    } catch (error) {
      return this.#reject(rejected('cannot-be-kept-on-disk', error instanceof Error ? error.message : String(error), at));
    }
    this.#held = { generation: Math.max(this.#held.generation, config.generation), applied };
    const changes = this.#apply(config.tasks, config);
    this.#log.info('config-applied', `configuration ${config.generation}.${config.revision} applied`, {
      tasks: config.tasks.length,
      ...changes,
    });
    return { v: PROTOCOL_VERSION, result: 'applied', ...at, ...changes };
  }

  /** A message on `config/latest`. */
  latest(payload: Uint8Array, nowMs: number): void {
    const signed = decode(Signed, payload);
    const verdict = signed.ok ? verifyLatest(signed.value, this.#identity, this.#held) : rejected('not-decodable', signed.reason);
    if (!verdict.ok) {
      this.#log.warn('latest-rejected', `config/latest is not trusted: ${verdict.reason}: ${verdict.details.join('; ')}`);
      return;
    }
    if (verdict.value.at <= this.#freshness.at) return;
    this.#freshness = heard(this.#freshness, verdict.value, nowMs);
    this.#held = { ...this.#held, generation: Math.max(this.#held.generation, verdict.value.generation) };
    try {
      this.#lastGood.keepOrder(verdict.value.generation, verdict.value.at);
    } catch (error) {
      this.#log.warn('latest-not-kept', `config/latest cannot be written down: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Whether what is applied may be old, by steady time; the log says when that changes. */
  mayBeStale(nowMs: number, staleMs: number): boolean {
    const stale = mayBeStale(this.#freshness, this.#held, nowMs, staleMs);
    if (stale && !this.#stale)
      this.#log.warn(
        'config-may-be-stale',
        'the controller has not said for long what the newest configuration is, or its newest does not come',
      );
    if (!stale && this.#stale) this.#log.info('config-fresh', 'the configuration is known to be the newest again');
    this.#stale = stale;
    return stale;
  }

  #reject(verdict: Rejection): ConfigReport {
    const { reason, details, generation, revision } = verdict;
    this.#log.error('config-rejected', `configuration rejected: ${reason}: ${details.join('; ')}. What was applied before goes on`);
    return { v: PROTOCOL_VERSION, result: 'rejected', generation, revision, reason, details: [...details] };
  }
}
