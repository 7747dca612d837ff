import type { AgentView } from '../../../protocol/api.ts';
import type { DeviceView } from '../../../protocol/api-devices.ts';
import { Check, Fault, SecretField, SelectField, TextField } from '../parts/field.tsx';
import type { DeviceField, DeviceForm } from './device-form.ts';
import { DeviceReads } from './device-reads.tsx';
import { idOf } from './target-form.ts';

interface Props {
  readonly form: DeviceForm;
  readonly base: DeviceView | null;
  readonly agents: readonly AgentView[];
  /** Sentences of fields that were left, or when it was tried to save. */
  readonly faults: Partial<Record<DeviceField, string>>;
  readonly onChange: (part: Partial<DeviceForm>) => void;
  readonly onLeave: (field: DeviceField) => void;
}

const versions = [
  ['2c', 'v2c, community'],
  ['3', 'v3, user and passwords'],
  ['1', 'v1, community'],
] as const;
const levels = [
  ['authPriv', 'authenticated and encrypted'],
  ['authNoPriv', 'authenticated'],
  ['noAuthNoPriv', 'neither'],
] as const;
const digests = [
  ['sha256', 'SHA-256'],
  ['sha512', 'SHA-512'],
  ['sha384', 'SHA-384'],
  ['sha224', 'SHA-224'],
  ['sha', 'SHA-1'],
  ['md5', 'MD5'],
] as const;
const ciphers = [
  ['aes', 'AES-128'],
  ['aes256', 'AES-256'],
  ['aes256c', 'AES-256, as Cisco does'],
  ['des', 'DES'],
] as const;

export const DeviceFields = (props: Props) => {
  const { form, base, agents, faults, onChange, onLeave } = props;
  const field = (name: 'address' | 'name' | 'every' | 'port' | 'user' | 'labels' | 'names' | 'notNames') => ({
    value: form[name],
    onChange: (value: string) => onChange({ [name]: value }),
    onLeave: () => onLeave(name),
    fault: faults[name],
  });
  return (
    <div class="panel-body fields">
      <div class="address-row">
        <TextField
          label="Address"
          hint="name or address"
          placeholder="192.0.2.1"
          autofocus={base === null}
          help={base === null && form.address ? `known as ${idOf(form.address)}` : 'the agent resolves a name'}
          {...field('address')}
        />
        <TextField label="Port" short {...field('port')} />
      </div>
      <TextField label="Name" hint="what people read" placeholder={form.address || 'its address'} {...field('name')} />
      <div class="address-row">
        <SelectField
          label="Polled by"
          hint="one agent"
          value={form.agent}
          options={[['', 'choose an agent'], ...agents.map(({ id }) => [id, id] as const)]}
          onChange={(agent) => onChange({ agent })}
        />
        <TextField label="Every" short {...field('every')} />
      </div>
      {faults.agent ? <Fault>{faults.agent}</Fault> : null}
      <TextField
        label="Labels"
        hint="key:value"
        placeholder="role:core site:ams1"
        help="rules select its ports by them"
        {...field('labels')}
      />
      <SelectField label="SNMP" value={form.version} options={versions} onChange={(version) => onChange({ version })} />
      {form.version === '3' ? <UserFields {...props} /> : <Community {...props} />}
      <TextField
        label="Only these ports"
        hint="patterns with * and ?"
        placeholder="all of them"
        help="ge-* xe-*; nothing follows all ports"
        {...field('names')}
      />
      <TextField label="But not these" placeholder="lo* Vlan*" {...field('notNames')} />
      <label class="row">
        <Check checked={form.adminUp} label="Only ports that are switched on" onChange={(adminUp) => onChange({ adminUp })} />
        Only ports that are switched on
      </label>
      <DeviceReads form={form} base={base} faults={faults} onChange={onChange} />
    </div>
  );
};

const kept = (has: boolean | undefined): string =>
  has ? 'kept; empty leaves it as it is' : 'encrypted here, sealed to the agent, never shown';

const Community = ({ form, base, faults, onChange }: Props) => (
  <>
    <SecretField
      label="Community"
      hint={kept(base?.access.version !== '3' && base?.has.community)}
      value={form.community}
      onChange={(community) => onChange({ community })}
    />
    {faults.community ? <Fault>{faults.community}</Fault> : null}
  </>
);

const UserFields = ({ form, base, faults, onChange, onLeave }: Props) => (
  <>
    <div class="address-row">
      <TextField
        label="User"
        value={form.user}
        onChange={(user) => onChange({ user })}
        onLeave={() => onLeave('user')}
        fault={faults.user}
      />
      <SelectField label="Level" value={form.level} options={levels} onChange={(level) => onChange({ level })} />
    </div>
    {form.level === 'noAuthNoPriv' ? null : (
      <>
        <div class="address-row">
          <SecretField
            label="Authentication password"
            hint={kept(base?.has.authKey)}
            value={form.authKey}
            onChange={(authKey) => onChange({ authKey })}
          />
          <SelectField label="Digest" value={form.authProtocol} options={digests} onChange={(authProtocol) => onChange({ authProtocol })} />
        </div>
        {faults.authKey ? <Fault>{faults.authKey}</Fault> : null}
      </>
    )}
    {form.level === 'authPriv' ? (
      <>
        <div class="address-row">
          <SecretField
            label="Privacy password"
            hint={kept(base?.has.privKey)}
            value={form.privKey}
            onChange={(privKey) => onChange({ privKey })}
          />
          <SelectField label="Cipher" value={form.privProtocol} options={ciphers} onChange={(privProtocol) => onChange({ privProtocol })} />
        </div>
        {faults.privKey ? <Fault>{faults.privKey}</Fault> : null}
      </>
    ) : null}
  </>
);
