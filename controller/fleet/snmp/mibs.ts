// MIB names to numbers and back: the modules that net-snmp ships, and those that people have uploaded.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Parsed } from '../../../protocol/labels.ts';
import type { State } from '../../state/database.ts';
import { importedBy, type MibFault, mibFaults } from './mib-faults.ts';

export interface MibOrder {
  readonly files: readonly { readonly name: string; readonly text: string }[];
}
export interface MibAnswer {
  /** `IF-MIB::ifDescr` and its number. */
  readonly objects: readonly (readonly [name: string, oid: string])[];
  /** Modules that are there now, those without a name in them too. */
  readonly modules: readonly string[];
  /** Files that could not be read, with the reason. */
  readonly failures: Readonly<Record<string, string>>;
}

export interface MibModule {
  readonly name: string;
  readonly uploaded: boolean;
  readonly objects: number;
  readonly at: number | null;
  readonly by: string | null;
}

export interface Mibs {
  /** `IF-MIB::ifDescr`, `ifDescr`, `sysUpTime.0`: its number. The reason says what to do. */
  resolve(name: string): Promise<Parsed<string>>;
  /** `IF-MIB::ifDescr.3` for a number; the number itself when no module knows it. */
  nameOf(oid: string): Promise<string>;
  list(): Promise<readonly MibModule[]>;
  /** Keeps a module's text. Refused, with every line that is wrong, when it cannot be used as a whole; then nothing has changed. */
  upload(
    name: string,
    text: string,
    by: string,
    at: number,
  ): Promise<{ readonly ok: true; readonly value: MibModule } | { readonly ok: false; readonly faults: readonly MibFault[] }>;
  /** null when there was none; otherwise the uploaded modules that import it: while there are some it stays. */
  remove(name: string): Promise<readonly string[] | null>;
}

interface Names {
  readonly modules: ReadonlySet<string>;
  readonly byName: ReadonlyMap<string, string>;
  readonly byOid: ReadonlyMap<string, string>;
  readonly countOf: ReadonlyMap<string, number>;
}

const READ_WITHIN_MS = 20_000;

export const openMibs = (state: State): Mibs => {
  let names: Promise<Names> | null = null;
  const uploaded = () => state.selectFrom('mibs').selectAll().orderBy('name').execute();
  const known = (): Promise<Names> => {
    names ??= uploaded().then(async (files) => namesOf(await readModules({ files })));
    names.catch(() => {
      names = null; // the next one tries again
    });
    return names;
  };
  return {
    async resolve(name) {
      const [, base = '', suffix = ''] = /^(.*?)((?:\.\d+)*)$/.exec(name) ?? [];
      const { byName } = await known();
      const oid = byName.get(base);
      return oid === undefined
        ? { ok: false, reason: `no module here knows "${base}": upload its MIB (Devices, MIB modules), or write the number` }
        : { ok: true, value: `${oid}${suffix}` };
    },
    async nameOf(oid) {
      const { byOid } = await known();
      for (let end = oid.length; end > 0; end = oid.lastIndexOf('.', end - 1)) {
        const name = byOid.get(oid.slice(0, end));
        if (name !== undefined) return `${name}${oid.slice(end)}`;
      }
      return oid;
    },
    async list() {
      const [files, { countOf }] = [await uploaded(), await known()];
      const rows = new Map(files.map((file) => [file.name, file]));
      const all = new Set([...countOf.keys(), ...rows.keys()]);
      return [...all].toSorted().map((name) => {
        const row = rows.get(name);
        return { name, uploaded: row !== undefined, objects: countOf.get(name) ?? 0, at: row?.at ?? null, by: row?.by ?? null };
      });
    },
    async upload(name, text, by, at) {
      const faults = mibFaults(name, text, (await known()).modules);
      if (faults.length > 0) return { ok: false, faults };
      const others = (await uploaded()).filter((file) => file.name !== name);
      const answer = await readModules({ files: [...others, { name, text }] });
      const objects = answer.objects.filter(([object]) => object.startsWith(`${name}::`)).length;
      if (!answer.modules.includes(name))
        return {
          ok: false,
          faults: [{ line: 1, message: `it cannot be read: ${answer.failures[name] ?? 'nothing of it is understood'}` }],
        };
      const row = { name, text, by, at };
      await state
        .insertInto('mibs')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute();
      names = Promise.resolve(namesOf(answer));
      return { ok: true, value: { name, uploaded: true, objects, at, by } };
    },
    async remove(name) {
      const files = await uploaded();
      if (!files.some((file) => file.name === name)) return null;
      const needing = files.filter(({ text }) => importedBy(text).includes(name)).map((file) => file.name);
      if (needing.length === 0) {
        await state.deleteFrom('mibs').where('name', '=', name).execute();
        names = null;
      }
      return needing;
    },
  };
};

const namesOf = ({ objects, modules }: MibAnswer): Names => {
  const byName = new Map<string, string>();
  const byOid = new Map<string, string>();
  const countOf = new Map<string, number>();
  for (const [name, oid] of objects) {
    const [module = '', object = ''] = name.split('::');
    byName.set(name, oid);
    // RFC1213 and its elders come first in the list: the newer module's name is the better one.
    byName.set(object, oid);
    if (!byOid.has(oid) || !module.startsWith('RFC')) byOid.set(oid, name);
    countOf.set(module, (countOf.get(module) ?? 0) + 1);
  }
  return { modules: new Set(modules), byName, byOid, countOf };
};

/** Rejects when the reader does not come to an end. */
const readModules = async (order: MibOrder): Promise<MibAnswer> => {
  // Its complaints about a module are no news here: what is wrong was told to whoever uploaded it.
  const worker = new Worker(new URL('./mib-worker.ts', import.meta.url), { workerData: order, stdout: true, stderr: true });
  try {
    const messages: MibAnswer[] = await once(worker, 'message', { signal: AbortSignal.timeout(READ_WITHIN_MS) });
    return messages[0] ?? { objects: [], modules: [], failures: {} };
  } catch (error) {
    const why = error instanceof Error && error.name === 'AbortError' ? 'it takes too long' : String(error);
    throw new Error(`the MIB files cannot be read: ${why}`, { cause: error });
  } finally {
    await worker.terminate();
  }
};
