import { existsSync } from 'node:fs';
import { Device } from '../../protocol/device.ts';
import { SnmpAccessFile, SnmpSecrets } from '../../protocol/probes/snmp.ts';
import { openDatabase, pathsIn } from '../data.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';

/** What the data directory knows of devices and MIB names, without the controller. */
export interface Books extends AsyncDisposable {
  /** The device of the id that was asked for, with its secrets. */
  readonly device: { readonly address: string; readonly file: SnmpAccessFile } | null;
  resolve(name: string): Promise<string>;
  nameOf(oid: string): Promise<string>;
}

export const openBooks = async (data: string, id: string): Promise<Books> => {
  const [{ openState }, { openMibs }, { openVault }] = await Promise.all([
    import('../state/database.ts'),
    import('../fleet/snmp/mibs.ts'),
    import('../pki/vault.ts'),
  ]);
  const paths = pathsIn(data);
  const state = openState(openDatabase(existsSync(paths.control) ? paths.control : ':memory:'));
  const mibs = openMibs(state);
  const row = await state.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  const secretsOf = (encrypted: string): SnmpSecrets =>
    SnmpSecrets.parse(encrypted === '' ? {} : JSON.parse(openVault(paths.keys).decrypt(`device ${id}`, encrypted)));
  const deviceOf = (document: string, encrypted: string): NonNullable<Books['device']> => {
    const { access, port, timeoutMs, retries, address } = Device.parse(JSON.parse(document));
    return { address, file: { access, secrets: secretsOf(encrypted), port, timeoutMs, retries } };
  };
  return {
    device: row === undefined ? null : deviceOf(row.document, row.secrets),
    async resolve(name) {
      const found = await mibs.resolve(name);
      if (!found.ok) throw new CommandFailed(EXIT.usage, found.reason);
      return found.value;
    },
    nameOf: mibs.nameOf,
    [Symbol.asyncDispose]: () => state.destroy(),
  };
};
