import { generateKeyPairSync } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { type Controller, type ControllerDeps, openController, type Tuning } from '../../controller/controller.ts';
import type { ConfigSigner } from '../../controller/fleet/signer.ts';
import { makeVault } from '../../controller/pki/vault.ts';
import { openSqliteStore } from '../../controller/series/sqlite/store.ts';
import type { SeriesStore } from '../../controller/series/store.ts';
import { openState, type State } from '../../controller/state/database.ts';
import { Acknowledgement } from '../../protocol/acknowledgement.ts';
import type { Batch } from '../../protocol/batch.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { Config, Latest, type Signed, Signed as SignedSchema } from '../../protocol/config.ts';
import type { Db } from '../../protocol/database.ts';
import { silentLog } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import { formatPublicKey, signText } from '../../protocol/signature.ts';
import { topic } from '../../protocol/topics.ts';
import { type ManualClock, makeManualClock, settle } from './manual-clock.ts';
import { type MemoryBroker, makeMemoryBroker } from './memory-broker.ts';

/** Keys in memory, signing as controller/pki does. */
export const makeSigner = (): ConfigSigner & { readonly rootKey: string } => {
  const root = generateKeyPairSync('ed25519');
  const signing = generateKeyPairSync('ed25519');
  let generation = 1;
  return {
    rootKey: formatPublicKey(root.publicKey),
    generation: () => generation,
    raiseGeneration: () => void (generation += 1),
    sign(body) {
      const delegation = JSON.stringify({ kind: 'delegation', generation, publicKey: formatPublicKey(signing.publicKey) });
      const text = JSON.stringify(body);
      return JSON.stringify({
        v: 1,
        delegation: { body: delegation, signature: signText(delegation, root.privateKey) },
        body: text,
        signature: signText(text, signing.privateKey),
      } satisfies Signed);
    },
  };
};

/** The disks of a controller: they stay when the program goes. */
export interface Disks {
  readonly control: Db;
  readonly arrivals: Db;
  readonly series: Db;
}
export const makeDisks = (): Disks => ({
  control: new DatabaseSync(':memory:'),
  arrivals: new DatabaseSync(':memory:'),
  series: new DatabaseSync(':memory:'),
});

export interface TestController {
  readonly controller: Controller;
  readonly broker: MemoryBroker;
  readonly clock: ManualClock;
  readonly state: State;
  readonly store: SeriesStore;
  readonly signer: ConfigSigner;
  send(agent: string, name: 'rounds' | 'status' | 'clock/request' | 'config/report' | 'command/reply' | 'event', message: object): void;
  /** Sends a batch and lets the group commit. */
  batch(agent: string, batch: Batch): Promise<void>;
  acks(agent?: string): Acknowledgement[];
  configs(agent: string): Config[];
  latests(agent: string): Latest[];
  stop(): Promise<void>;
}

export interface TestControllerOptions {
  readonly disks?: Disks;
  readonly clock?: ManualClock;
  readonly signer?: ConfigSigner;
  readonly tuning?: Partial<Tuning>;
  readonly agents?: readonly string[];
  readonly deps?: (deps: ControllerDeps) => ControllerDeps;
}

/** A whole controller in memory, with a manual clock and enrolled agents. */
export const openTestController = async (options: TestControllerOptions = {}): Promise<TestController> => {
  const disks = options.disks ?? makeDisks();
  const clock = options.clock ?? makeManualClock();
  const broker = makeMemoryBroker();
  const signer = options.signer ?? makeSigner();
  const state = openState(disks.control);
  for (const agent of options.agents ?? ['ams1']) await enrol(state, agent);
  const aborting = new AbortController();
  const deps: ControllerDeps = {
    clock,
    random: systemRandom,
    log: silentLog,
    host: { bootId: 'boot-1', suspendedMs: () => 0 },
    broker,
    state,
    arrivalsDb: disks.arrivals,
    store: openSqliteStore(disks.series),
    signer,
    vault: makeVault(Buffer.alloc(32, 7)),
    send: async () => ({ status: 200 }),
    tuning: options.tuning ?? {},
  };
  const used = options.deps?.(deps) ?? deps;
  const controller = await openController(used, aborting.signal);
  await settle();
  const read = (agent: string, name: 'config' | 'config/latest'): unknown[] =>
    broker.sent
      .filter((sent) => sent.topic === topic(agent, name) && sent.payload.length > 0)
      .map(({ payload }) => JSON.parse(orThrow(decode(SignedSchema, payload)).body));
  const test: TestController = {
    controller,
    broker,
    clock,
    state,
    store: used.store,
    signer,
    send: (agent, name, message) => broker.deliver(topic(agent, name), encode(message)),
    async batch(agent, batch) {
      test.send(agent, 'rounds', batch);
      await clock.advance(10);
    },
    acks: (agent = 'ams1') =>
      broker.sent
        .filter((sent) => sent.topic === topic(agent, 'rounds/ack'))
        .map(({ payload }) => orThrow(decode(Acknowledgement, payload))),
    configs: (agent) => read(agent, 'config').map((body) => Config.parse(body)),
    latests: (agent) => read(agent, 'config/latest').map((body) => Latest.parse(body)),
    async stop() {
      aborting.abort(new Error('stop'));
      await controller.closed;
    },
  };
  return test;
};

export const enrol = async (state: State, agent: string, labels: Record<string, string> = {}): Promise<void> => {
  await state
    .insertInto('agents')
    .values({
      id: agent,
      hostname: agent,
      labels: JSON.stringify(labels),
      state: 'active',
      key_hash: `key of ${agent}`,
      sealing_key: '',
      enrolled_at: 1,
      status: null,
      online: 0,
      seen_at: null,
      config_report: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

const orThrow = <T>(parsed: { ok: true; value: T } | { ok: false; reason: string }): T => {
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};
