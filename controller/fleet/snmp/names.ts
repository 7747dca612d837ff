import { Device, type DeviceInput } from '../../../protocol/device.ts';
import type { Problem } from '../refusal.ts';
import type { Mibs } from './mibs.ts';

type Document = Omit<DeviceInput, 'secrets'>;
export type Named = { readonly ok: true; readonly device: Device } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Measurements that are filled otherwise: a table of this name would get lost. */
const TAKEN = ['ping', 'interface', 'snmp', 'net', 'netstat', 'cpu', 'mem', 'swap', 'system', 'disk', 'diskio', 'processes', 'procstat'];
const TAKEN_TOO = ['net_response', 'http_response', 'dns_query', 'x509_cert', 'trace', 'incidents'];

/** MIB names become numbers, once, when a person saves them: agents know numbers only. */
export const resolveNames = async (document: Document, mibs: Mibs): Promise<Named> => {
  const problems: Problem[] = [];
  const resolve = async (oid: string, path: string): Promise<string> => {
    if (/^\d/.test(oid)) return oid;
    const found = await mibs.resolve(oid);
    if (!found.ok) problems.push({ path, message: found.reason });
    return found.ok ? found.value : '0.0';
  };
  const scalars = await Promise.all(
    document.scalars.map(async (scalar, i) => {
      const oid = await resolve(scalar.oid, `scalars[${i}].oid`);
      // A scalar's one instance is .0 (RFC 2578 section 7.10); who writes a bare name means that.
      const isBare = !/^\d/.test(scalar.oid) && !/\.\d+$/.test(scalar.oid);
      return { ...scalar, oid: isBare ? `${oid}.0` : oid };
    }),
  );
  const tables = await Promise.all(
    document.tables.map(async (table, i) => {
      if ([...TAKEN, ...TAKEN_TOO].includes(table.name))
        problems.push({ path: `tables[${i}].name`, message: `"${table.name}" is a measurement of its own: call the table otherwise` });
      const columns = table.columns.map(async (column, j) => ({
        ...column,
        oid: await resolve(column.oid, `tables[${i}].columns[${j}].oid`),
      }));
      return { ...table, columns: await Promise.all(columns) };
    }),
  );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, device: Device.parse({ ...document, scalars, tables }) };
};
