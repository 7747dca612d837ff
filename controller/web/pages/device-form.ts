import type { DeviceView } from '../../../protocol/api-devices.ts';
import type { TemplateName } from '../../../protocol/device.ts';
import { parseDuration, writeDuration } from '../format/time.ts';
import { idOf } from './target-form.ts';

// The device editor's form: text in, a document out, and what is wrong with it. Pure. Secrets that are empty stay as they are kept.

export interface DeviceForm {
  readonly address: string;
  readonly name: string;
  readonly agent: string;
  readonly every: string;
  readonly port: string;
  readonly version: '1' | '2c' | '3';
  readonly community: string;
  readonly user: string;
  readonly level: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv';
  readonly authProtocol: 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
  readonly authKey: string;
  readonly privProtocol: 'des' | 'aes' | 'aes256' | 'aes256c';
  readonly privKey: string;
  /** `role:core site:ams1`. */
  readonly labels: string;
  /** Patterns of ports, separated by spaces. */
  readonly names: string;
  readonly notNames: string;
  readonly adminUp: boolean;
  /** null: those that fit what the device says it is. */
  readonly templates: readonly TemplateName[] | null;
  readonly scalars: readonly NamedOid[];
  readonly tables: readonly TableForm[];
}
export type DeviceField = keyof DeviceForm;

/** A line of the form: `oid` in numbers or by a MIB name. */
export interface NamedOid {
  readonly name: string;
  readonly oid: string;
  readonly read: 'auto' | 'text' | 'hex' | 'ip';
}
export interface TableForm {
  readonly name: string;
  readonly columns: readonly (NamedOid & { readonly as: 'field' | 'tag' })[];
  readonly sensor: boolean;
  readonly every: number;
}
export const emptyLine: NamedOid = { name: '', oid: '', read: 'auto' };

export const emptyDevice: DeviceForm = {
  address: '',
  name: '',
  agent: '',
  every: '1 min',
  port: '161',
  version: '2c',
  community: '',
  user: '',
  level: 'authPriv',
  authProtocol: 'sha256',
  authKey: '',
  privProtocol: 'aes',
  privKey: '',
  labels: '',
  names: '',
  notNames: '',
  adminUp: false,
  templates: null,
  scalars: [],
  tables: [],
};

export const fromDevice = (device: DeviceView): DeviceForm => {
  const { access, ports } = device;
  const form = {
    ...emptyDevice,
    address: device.address,
    name: device.name === device.address ? '' : device.name,
    agent: device.agent,
    every: writeDuration(device.intervalMs),
    port: String(device.port),
    version: access.version,
    labels: Object.entries(device.labels)
      .map(([key, value]) => `${key}:${value}`)
      .join(' '),
    names: ports?.names.join(' ') ?? '',
    notNames: ports?.notNames.join(' ') ?? '',
    adminUp: ports?.adminUp ?? false,
    templates: device.templates,
    scalars: device.scalars,
    tables: device.tables,
  };
  if (access.version !== '3') return form;
  const { user, level, authProtocol, privProtocol } = access;
  return { ...form, user, level, authProtocol, privProtocol };
};

const labelOf = (word: string): [key: string, value: string] => [word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1)];
const trimmed = <T extends NamedOid>(line: T): T => ({ ...line, name: line.name.trim(), oid: line.oid.trim() });
const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

/** What is saved; only of a form without faults. What the form does not show stays as it is in `base`. */
export const toDevice = (form: DeviceForm, base: DeviceView | null): object => {
  const address = form.address.trim();
  const isV3 = form.version === '3';
  const access = isV3
    ? {
        version: '3',
        user: form.user.trim(),
        level: form.level,
        authProtocol: form.authProtocol,
        privProtocol: form.privProtocol,
        context: base?.access.version === '3' ? base.access.context : '',
      }
    : { version: form.version };
  const secrets = isV3
    ? { ...(form.authKey === '' ? {} : { authKey: form.authKey }), ...(form.privKey === '' ? {} : { privKey: form.privKey }) }
    : form.community === ''
      ? {}
      : { community: form.community };
  return {
    id: base?.id ?? idOf(address),
    name: form.name.trim() || address,
    address,
    agent: form.agent,
    intervalMs: parseDuration(form.every) ?? 0,
    port: Number(form.port),
    access,
    secrets,
    labels: Object.fromEntries(words(form.labels).map(labelOf)),
    templates: form.templates,
    scalars: form.scalars.map(trimmed),
    tables: form.tables.map((table) => ({ ...table, name: table.name.trim(), columns: table.columns.map(trimmed) })),
    ports: { ...base?.ports, names: words(form.names), notNames: words(form.notNames), adminUp: form.adminUp },
    ...(base === null
      ? {}
      : {
          enabled: base.enabled,
          family: base.family,
          timeoutMs: base.timeoutMs,
          retries: base.retries,
        }),
  };
};

/** What is wrong, field by field, in a sentence. `has`: secrets that are kept already. */
export const deviceFaults = (form: DeviceForm, base: DeviceView | null): Partial<Record<DeviceField, string>> => {
  const faults: Partial<Record<DeviceField, string>> = {};
  const isSame = base?.access.version === form.version;
  const every = parseDuration(form.every);
  if (form.address.trim() === '') faults.address = 'An address or a name.';
  if (form.agent === '') faults.agent = 'One agent polls it.';
  if (every === null || every < 5_000 || every > 3_600_000) faults.every = 'Between 5 s and 1 h, such as 1 min.';
  if (!/^\d{1,5}$/.test(form.port) || Number(form.port) < 1 || Number(form.port) > 65_535) faults.port = 'A UDP port, 161 as a rule.';
  const odd = words(form.labels).find((word) => !/^[a-z][a-z0-9_.-]*:[^\s:,]+$/.test(word));
  if (odd !== undefined) faults.labels = `"${odd}" is no label: key:value, the key in lower case.`;
  const lines = form.scalars.map(lineFault).find((fault) => fault !== null);
  if (lines !== undefined) faults.scalars = lines ?? '';
  const tables = form.tables.map(tableFault).find((fault) => fault !== null);
  if (tables !== undefined) faults.tables = tables ?? '';
  if (form.version !== '3') {
    if (form.community === '' && !(isSame && base?.has.community)) faults.community = 'The device asks for a community.';
    return faults;
  }
  if (form.user.trim() === '') faults.user = 'The user that the device knows.';
  const isShort = (secret: string, kept: boolean | undefined): boolean => (secret === '' ? !(isSame && kept) : secret.length < 8);
  if (form.level !== 'noAuthNoPriv' && isShort(form.authKey, base?.has.authKey)) faults.authKey = 'At least 8 characters.';
  if (form.level === 'authPriv' && isShort(form.privKey, base?.has.privKey)) faults.privKey = 'At least 8 characters.';
  return faults;
};

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const OID = /^([0-2](\.\d{1,10})+|([A-Za-z][A-Za-z0-9-]*::)?[A-Za-z][A-Za-z0-9-]*(\.\d+)*)$/;

const lineFault = ({ name, oid }: NamedOid): string | null => {
  if (!NAME.test(name.trim())) return `"${name}": letters, digits, _ and -, a letter first.`;
  return OID.test(oid.trim()) ? null : `${name}: a number such as 1.3.6.1.2.1.1.3.0, or a name such as IF-MIB::ifMtu.`;
};

const tableFault = ({ name, columns }: TableForm): string | null => {
  if (!NAME.test(name.trim())) return `"${name}": letters, digits, _ and -, a letter first.`;
  if (!columns.some((column) => column.as === 'field')) return `${name}: at least one column is a value.`;
  return columns.map(lineFault).find((fault) => fault !== null) ?? null;
};
