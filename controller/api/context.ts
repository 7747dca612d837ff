import type { SetupState } from '../../protocol/api.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import type { Controller } from '../ports.ts';
import type { Origins } from '../origins/origins.ts';
import type { Retention, SeriesStore } from '../series/store.ts';
import type { State } from '../state/database.ts';
import type { Storage } from '../storage/storage.ts';
import type { FleetView } from './fleet-view.ts';
import type { Passwords } from './passwords.ts';

/** One file of the web admin's bundle. */
export interface PageFile {
  readonly body: Uint8Array;
  readonly type: string;
}

export interface ApiSettings {
  /** The name on every page: the site's, or the host's. */
  readonly site: string;
  readonly version: string;
  readonly hostname: string;
  readonly dataDirectory: string;
  /** Where HTTP listens; port 0 takes a free one. Plain HTTP needs a loopback address. */
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly key: string; readonly cert: string } | null;
  /** Further names under which browsers may come (--public-host). */
  readonly publicHosts: readonly string[];
  /** Unix socket for the command line, 0600: who may open it is an admin. null: none. */
  readonly socketPath: string | null;
  /** SHA-256 hex of the CA's SubjectPublicKeyInfo, for enrolment tokens. */
  readonly pin: string;
  readonly retention: Retention;
  /** The agent on this host, which measures what set-up ticks; null when there is none. */
  readonly localAgent: string | null;
  /** How long measurements are kept: what a database that we make is told. */
  readonly retentionDays: number;
}

export interface ApiDeps {
  readonly controller: Controller;
  readonly state: State;
  readonly store: SeriesStore;
  /** Which store that is, and how to change it. */
  readonly storage: Storage;
  /** Series that others write to us. */
  readonly origins: Origins;
  readonly random: Random;
  readonly log: Log;
  readonly settings: ApiSettings;
  /** The gateway and the resolvers of this host, looked up without a packet. */
  readonly found: () => Promise<SetupState['found']>;
  readonly dataBytes: () => Promise<number>;
  /** What the file system of the data has left; null when nobody knows. */
  readonly freeBytes: () => Promise<number | null>;
  /** What to type on the new agent's host. */
  readonly registerCommand: (token: string) => string;
  /** The web admin by name (`app.js`); every path that is no file's is `index.html`. */
  readonly pages: ReadonlyMap<string, PageFile>;
}

/** What every route has at hand. */
export interface Context extends ApiDeps {
  readonly fleetView: FleetView;
  readonly passwords: Passwords;
}
