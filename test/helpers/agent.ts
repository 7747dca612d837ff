import { generateKeyPairSync } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Spool, type SpoolOptions } from '../../agent/spool/spool.ts';
import type { NewRound } from '../../agent/spool/rows.ts';
import { Timekeeper } from '../../agent/time/timekeeper.ts';
import { encode } from '../../protocol/codec.ts';
import type { Signed } from '../../protocol/config.ts';
import { silentLog } from '../../protocol/log.ts';
import { formatPublicKey, signText } from '../../protocol/signature.ts';
import { type ManualClock, makeManualClock } from './manual-clock.ts';

/** A host under a manual clock: it can be suspended, and boots anew with another id. */
export interface TestHost {
  readonly clock: ManualClock;
  readonly host: { bootId: string; suspendedMs(): number };
  /** What the controller's clock says: real time, which runs on through suspends. */
  controllerNow(): number;
  suspend(ms: number): void;
}

export const makeTestHost = (bootId = 'boot-1', controllerStart = 1_900_000_000_000): TestHost => {
  const clock = makeManualClock();
  const startedMs = clock.monotonic();
  let suspended = 0;
  return {
    clock,
    host: { bootId, suspendedMs: () => suspended },
    controllerNow: () => controllerStart + (clock.monotonic() - startedMs) + suspended,
    suspend: (ms) => void (suspended += ms),
  };
};

/** One exchange whose way out and back take so long. */
export const exchange = (timekeeper: Timekeeper, host: TestHost, outMs = 0, backMs = 0): void => {
  const t4 = timekeeper.steady.now();
  const t2 = host.controllerNow() - backMs;
  timekeeper.exchanged({ steadyMs: t4, offsetMs: (t2 - (t4 - outMs - backMs) + (t2 - t4)) / 2, delayMs: outMs + backMs });
};

export const openSpool = (
  host: TestHost,
  epoch = '00000000000000aa',
  options: Partial<SpoolOptions> = {},
): { readonly db: DatabaseSync; readonly spool: Spool; readonly timekeeper: Timekeeper } => {
  const db = options.db instanceof DatabaseSync ? options.db : new DatabaseSync(':memory:');
  const timekeeper = new Timekeeper(db, host.clock, host.host);
  const spool = new Spool({
    epoch,
    capBytes: 1 << 30,
    timekeeper,
    log: silentLog,
    diskFree: () => Number.POSITIVE_INFINITY,
    ...options,
    db,
  });
  return { db, spool, timekeeper };
};

/** A round that starts now. */
export const roundNow = (host: TestHost, timekeeper: Timekeeper, task = 'gw/icmp'): NewRound => {
  const { steadyMs, slackMs } = timekeeper.steady.of(host.clock.monotonic());
  return {
    moment: { boot: host.host.bootId, steadyMs, slackMs },
    wallMs: host.clock.now(),
    task,
    intervalMs: 1_000,
    durationMs: 0,
    outcome: { status: 'failed', blame: 'target', reason: 'test' },
  };
};

/** A root key with its signing key: what a controller's keys are, in memory. */
export const makeRoot = (): { readonly rootKey: string; generation: number; sign(body: object): Uint8Array } => {
  const root = generateKeyPairSync('ed25519');
  const delegate = generateKeyPairSync('ed25519');
  return {
    rootKey: formatPublicKey(root.publicKey),
    generation: 1,
    sign(body) {
      const delegation = JSON.stringify({
        kind: 'delegation',
        generation: this.generation,
        publicKey: formatPublicKey(delegate.publicKey),
      });
      const text = JSON.stringify(body);
      const signed: Signed = {
        v: 1,
        delegation: { body: delegation, signature: signText(delegation, root.privateKey) },
        body: text,
        signature: signText(text, delegate.privateKey),
      };
      return encode(signed);
    },
  };
};
