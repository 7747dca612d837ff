import type { Db } from '../../protocol/database.ts';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import type { Broker } from '../../protocol/link.ts';
import type { Log } from '../../protocol/log.ts';
import { type Random, systemRandom } from '../../protocol/random.ts';
import { type Clock, systemClock } from '../../protocol/time.ts';
import { type EmbeddedBroker, openEmbeddedBroker } from '../broker/embedded.ts';
import { openExternalBroker, readBrokerTls } from '../broker/external.ts';
import { openDatabase, pathsIn, prepareDirectory } from '../data.ts';
import { CommandFailed, EXIT } from '../cli/exit-codes.ts';
import { lockDirectory } from './lock.ts';
import { type Authority, openAuthority, openKey } from '../pki/authority.ts';
import { openSigningKeys, type SigningKeys } from '../pki/signing.ts';
import { openVault, type Vault } from '../pki/vault.ts';
import { makeQuietLog } from './quiet-log.ts';
import { SERIES_STORES } from '../series/index.ts';
import type { SeriesStore } from '../series/store.ts';
import { type KeptIdentity, makeServerIdentity } from './server-identity.ts';
import { influxOf, type Settings } from '../settings.ts';
import { openState, type State } from '../state/database.ts';
import { openStorage, type Storage } from '../storage/storage.ts';

/** sun_path in unix(7) holds 108, the last one a NUL. */
const SOCKET_PATH_BYTES = 107;

/** What the core, the door and the pages stand on: keys, databases, broker. */
export interface Foundation {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly authority: Authority;
  readonly signer: SigningKeys;
  readonly vault: Vault;
  readonly identity: KeptIdentity;
  makeIdentity(): Promise<KeptIdentity>;
  readonly state: State;
  readonly arrivalsDb: Db;
  readonly storage: Storage;
  readonly store: SeriesStore;
  readonly broker: Broker;
  /** The same broker, when it is ours. */
  readonly embedded: EmbeddedBroker | null;
}

/** Takes the data directory for this process; makes it at the first start. Throws CommandFailed when another process has it. */
export const takeDirectory = (data: string): Disposable => {
  const { socket } = pathsIn(data);
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES)
    throw new CommandFailed(
      EXIT.cannotCreate,
      `${socket} is too long for a Unix socket (${SOCKET_PATH_BYTES} bytes): use a shorter --data`,
    );
  prepareDirectory(data);
  const lock = lockDirectory(data);
  if (lock === null)
    throw new CommandFailed(
      EXIT.unavailable,
      `another controller runs on ${data}: stop it, or give this one a directory of its own with --data DIR`,
    );
  return lock;
};

/** Opens keys, databases and broker; `stack` closes them. */
export const openFoundation = async (settings: Settings, log: Log, stack: AsyncDisposableStack): Promise<Foundation> => {
  const clock = systemClock;
  const random = systemRandom;
  const paths = pathsIn(settings.data);
  const authority = await openAuthority(paths.keys, clock, random);
  const signer = openSigningKeys(paths.keys);
  const vault = openVault(paths.keys);
  const serverKey = await openKey(paths.keys, 'server.key');
  const names = [settings.hostname, ...settings['public-host']];
  const makeIdentity = () => makeServerIdentity(authority, names, clock, random, serverKey);
  const identity = await makeIdentity();
  const state = openState(openDatabase(paths.control));
  stack.defer(() => state.destroy());
  const arrivalsDb = openDatabase(paths.arrivals);
  stack.defer(() => arrivalsDb.close());
  const embeddedStore = stack.use(await SERIES_STORES.sqlite({ path: paths.series }));
  const storage = stack.use(
    await openStorage({ embedded: embeddedStore, state, clock, log, influx: influxOf(settings), kept: { file: paths.influx, vault } }),
  );
  const { store } = storage;
  const tls = readBrokerTls(paths.broker, CONTROLLER_SERVER_NAME);
  const embedded = settings.broker === undefined ? stack.use(await openEmbeddedBroker(makeQuietLog(log, clock))) : null;
  const broker = embedded ?? stack.use(openExternalBroker({ url: settings.broker ?? '', tls, clock, random, log }));
  return { clock, random, log, authority, signer, vault, identity, makeIdentity, state, arrivalsDb, storage, store, broker, embedded };
};
