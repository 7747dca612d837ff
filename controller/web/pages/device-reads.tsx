import type { ComponentChildren } from 'preact';
import type { DeviceView } from '../../../protocol/api-devices.ts';
import type { TemplateName } from '../../../protocol/device.ts';
import { Link } from '../parts/basics.tsx';
import { Check, Fault, SelectField, TextField } from '../parts/field.tsx';
import { type DeviceField, type DeviceForm, emptyLine, type NamedOid, type TableForm } from './device-form.ts';

interface Props {
  readonly form: DeviceForm;
  readonly base: DeviceView | null;
  readonly faults: Partial<Record<DeviceField, string>>;
  readonly onChange: (part: Partial<DeviceForm>) => void;
}

const TEMPLATES: readonly (readonly [TemplateName, string])[] = [
  ['system', 'SNMPv2-MIB'],
  ['host-resources', 'HOST-RESOURCES'],
  ['entity-sensor', 'ENTITY-SENSOR'],
  ['bgp4', 'BGP4 peers'],
  ['mikrotik', 'MikroTik'],
  ['cisco', 'Cisco'],
  ['juniper', 'Juniper'],
  ['net-snmp', 'Net-SNMP'],
];
const READS = [
  ['auto', 'as it is'],
  ['text', 'text'],
  ['hex', 'hex'],
  ['ip', 'address'],
] as const;
const ROLES = [
  ['field', 'value'],
  ['tag', 'names the row'],
] as const;

/** What is read of a device beside its ports: ready templates, and one's own scalars and tables by number or MIB name. */
export const DeviceReads = ({ form, base, faults, onChange }: Props) => (
  <>
    <div class="field reads">
      <div class="field-head">Templates</div>
      <label class="row">
        <Check
          checked={form.templates === null}
          label="Those that fit the device"
          onChange={(fit) =>
            onChange({ templates: fit ? null : TEMPLATES.map(([name]) => name).filter((name) => base?.usedTemplates.includes(name)) })
          }
        />
        Those that fit the device{base && form.templates === null ? `: ${base.usedTemplates.join(', ')}` : ''}
      </label>
      {form.templates === null ? null : <Templates chosen={form.templates} onChange={(templates) => onChange({ templates })} />}
    </div>
    <div class="field reads">
      <div class="field-head">
        Scalars of your own <span class="hint">series snmp</span>
      </div>
      {form.scalars.map((scalar, i) => (
        <Line
          key={i}
          what={`scalar ${i + 1}`}
          line={scalar}
          onChange={(line) => onChange({ scalars: form.scalars.with(i, line) })}
          onRemove={() => onChange({ scalars: form.scalars.toSpliced(i, 1) })}
        />
      ))}
      <button type="button" class="button tiny" onClick={() => onChange({ scalars: [...form.scalars, emptyLine] })}>
        Add scalar
      </button>
      {faults.scalars ? <Fault>{faults.scalars}</Fault> : null}
    </div>
    <div class="field reads">
      <div class="field-head">
        Tables of your own <span class="hint">a series of their name, a point a row</span>
      </div>
      {form.tables.map((table, i) => (
        <TableFields
          key={i}
          number={i + 1}
          table={table}
          onChange={(next) => onChange({ tables: form.tables.with(i, next) })}
          onRemove={() => onChange({ tables: form.tables.toSpliced(i, 1) })}
        />
      ))}
      <button type="button" class="button tiny" onClick={() => onChange({ tables: [...form.tables, newTable] })}>
        Add table
      </button>
      {faults.tables ? <Fault>{faults.tables}</Fault> : null}
      <span class="field-help">
        By number, or by a name of the <Link to="/mibs">MIB modules</Link>.
      </span>
    </div>
  </>
);

const newTable: TableForm = { name: '', columns: [{ ...emptyLine, as: 'field' }], sensor: false, every: 1 };

const Templates = ({
  chosen,
  onChange,
}: {
  readonly chosen: readonly TemplateName[];
  readonly onChange: (chosen: readonly TemplateName[]) => void;
}) => (
  <div class="row wrap">
    {TEMPLATES.map(([name, title]) => (
      <label key={name} class="row">
        <Check
          checked={chosen.includes(name)}
          label={title}
          onChange={(on) => onChange(on ? [...chosen, name] : chosen.filter((one) => one !== name))}
        />
        {title}
      </label>
    ))}
  </div>
);

const Line = <T extends NamedOid>({
  what,
  line,
  onChange,
  onRemove,
  children,
}: {
  readonly what: string;
  readonly line: T;
  readonly onChange: (line: T) => void;
  readonly onRemove: () => void;
  readonly children?: ComponentChildren;
}) => (
  <div class="oid-row">
    <TextField label={`Name of ${what}`} placeholder="uptime" value={line.name} onChange={(name) => onChange({ ...line, name })} />
    <TextField
      label={`OID of ${what}`}
      placeholder="SNMPv2-MIB::sysUpTime"
      value={line.oid}
      onChange={(oid) => onChange({ ...line, oid })}
    />
    <SelectField label="Read" value={line.read} options={READS} onChange={(read) => onChange({ ...line, read })} />
    {children}
    <button type="button" class="button tiny" aria-label={`Remove ${what}`} onClick={onRemove}>
      Remove
    </button>
  </div>
);

interface TableProps {
  readonly number: number;
  readonly table: TableForm;
  readonly onChange: (table: TableForm) => void;
  readonly onRemove: () => void;
}

const TableFields = ({ number, table, onChange, onRemove }: TableProps) => (
  <fieldset class="panel-body stack">
    <div class="address-row">
      <TextField
        label={`Name of table ${number}`}
        placeholder="acmeFan"
        value={table.name}
        onChange={(name) => onChange({ ...table, name })}
      />
      <button type="button" class="button tiny" aria-label={`Remove table ${number}`} onClick={onRemove}>
        Remove table
      </button>
    </div>
    {table.columns.map((column, i) => (
      <Line
        key={i}
        what={`column ${i + 1} of table ${number}`}
        line={column}
        onChange={(line) => onChange({ ...table, columns: table.columns.with(i, line) })}
        onRemove={() => onChange({ ...table, columns: table.columns.toSpliced(i, 1) })}
      >
        <SelectField
          label="Is"
          value={column.as}
          options={ROLES}
          onChange={(as) => onChange({ ...table, columns: table.columns.with(i, { ...column, as }) })}
        />
      </Line>
    ))}
    <button
      type="button"
      class="button tiny"
      onClick={() => onChange({ ...table, columns: [...table.columns, { ...emptyLine, as: 'field' }] })}
    >
      Add column
    </button>
  </fieldset>
);
