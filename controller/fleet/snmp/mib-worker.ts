// Reads MIB files in a thread of its own: a long or a broken one holds nobody up. Told its files at the start, answers once with every name.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import snmp from 'net-snmp';
import { importedBy } from './mib-faults.ts';
import type { MibAnswer, MibOrder } from './mibs.ts';

/** What net-snmp ships, in the order in which they need each other. It knows itself where they lie. */
const SHIPPED = [
  'RFC1155-SMI',
  'RFC1158-MIB',
  'RFC-1212',
  'RFC1213-MIB',
  'RFC-1215',
  'SNMPv2-SMI',
  'SNMPv2-CONF',
  'SNMPv2-TC',
  'SNMPv2-MIB',
  'IANAifType-MIB',
  'IF-MIB',
];

/** Those that others import come before them. */
const inOrder = (files: MibOrder['files']): MibOrder['files'] => {
  const ordered: MibOrder['files'][number][] = [];
  const visit = (file: MibOrder['files'][number], on: readonly string[]): void => {
    if (ordered.includes(file) || on.includes(file.name)) return;
    const wanted = importedBy(file.text);
    for (const other of files) if (wanted.includes(other.name)) visit(other, [...on, file.name]);
    ordered.push(file);
  };
  for (const file of files) visit(file, []);
  return ordered;
};

const read = ({ files }: MibOrder): MibAnswer => {
  const store = snmp.createModuleStore({ baseModules: SHIPPED });
  const failures: Record<string, string> = {};
  const directory = mkdtempSync(join(tmpdir(), 'sonde-mibs-'));
  try {
    for (const { name, text } of inOrder(files)) {
      try {
        const path = join(directory, `${name}.mib`);
        writeFileSync(path, text);
        store.loadFromFile(path);
      } catch (error) {
        failures[name] = error instanceof Error ? error.message : String(error);
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const objects: [string, string][] = [];
  const modules = store.getModuleNames(true);
  for (const module of modules) {
    for (const entry of Object.values(store.getModule(module) ?? {})) {
      const { ObjectName: name, OID: oid } = entry;
      if (typeof name === 'string' && typeof oid === 'string' && /^\d+(\.\d+)+$/.test(oid)) objects.push([`${module}::${name}`, oid]);
    }
  }
  return { objects, modules, failures };
};

parentPort?.postMessage(read(workerData as MibOrder)); // Border: mibs.ts made it.
