import { useState } from 'preact/hooks';
import { type NotifierKind, TEMPLATE_WORDS } from '../../../protocol/notifier.ts';
import type { NotifierTest, NotifierView } from '../../../protocol/notify-api.ts';
import { ApiError, request } from '../data/api.ts';
import { Failure } from '../parts/basics.tsx';
import { Check, SecretField, SelectField, TextField } from '../parts/field.tsx';
import { Glyph } from '../parts/state.tsx';
import { bodyOf, KINDS, kindOptions, type NotifierField, textsOf } from './notifier-fields.ts';
import { idOf } from './target-form.ts';

interface Props {
  /** null: a new one. */
  readonly notifier: NotifierView | null;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** A notifier of any kind, with a test before it is saved. */
export const NotifierForm = ({ notifier, onSaved, onClose }: Props) => {
  const [name, setName] = useState(notifier?.id ?? '');
  const [kind, setKind] = useState<NotifierKind>((notifier?.kind as NotifierKind | undefined) ?? 'webhook'); // the border: our own server
  const [texts, setTexts] = useState(notifier ? textsOf(notifier) : {});
  const [allowPrivate, setAllowPrivate] = useState(notifier?.['allowPrivate'] === true);
  const [sendResolved, setSendResolved] = useState(notifier?.['sendResolved'] !== false);
  const template = (notifier?.['template'] ?? {}) as { title?: string; text?: string }; // the border: our own server
  const [words, setWords] = useState({ title: template.title ?? '', text: template.text ?? '' });
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [tested, setTested] = useState<NotifierTest | null>(null);
  const [busy, setBusy] = useState(false);
  const id = notifier?.id ?? idOf(name);
  const keeps = (field: NotifierField): boolean => notifier?.kind === kind && (notifier?.secrets.includes(field.name) ?? false);
  const ready = id !== '' && KINDS[kind].fields.every((field) => !field.needed || (texts[field.name] ?? '').trim() !== '' || keeps(field));
  const body = (): object => bodyOf(kind, id, texts, { allowPrivate, sendResolved, ...words });
  const ask = async <T,>(method: 'POST' | 'PUT', path: string): Promise<T | null> => {
    setBusy(true);
    setFailed(null);
    try {
      return await request<T>(method, path, body());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
      return null;
    } finally {
      setBusy(false);
    }
  };
  const save = async (): Promise<void> => {
    if ((await ask(notifier ? 'PUT' : 'POST', notifier ? `/notifiers/${id}` : '/notifiers')) !== null) onSaved();
  };
  return (
    <form
      class="panel dry"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void save();
      }}
    >
      <div class="panel-head ruled">
        <h2>{notifier ? notifier.id : 'New notifier'}</h2>
      </div>
      <div class="panel-body fields">
        {notifier ? null : (
          <TextField
            label="Name"
            value={name}
            onChange={setName}
            placeholder="noc"
            autofocus
            help={name && id !== name ? `known as ${id}` : undefined}
          />
        )}
        <SelectField label="Kind" value={kind} options={kindOptions} onChange={setKind} />
        {KINDS[kind].fields.map((field) => (
          <OneField
            key={`${kind} ${field.name}`}
            field={field}
            kept={keeps(field)}
            value={texts[field.name] ?? ''}
            onChange={(value) => setTexts({ ...texts, [field.name]: value })}
          />
        ))}
        <label class="row">
          <Check checked={sendResolved} label="Tells the end of an incident too" onChange={setSendResolved} />{' '}
          <span class="ink2">tells the end of an incident too</span>
        </label>
        <label class="row">
          <Check checked={allowPrivate} label="May be a private address" onChange={setAllowPrivate} />{' '}
          <span class="ink2">may be loopback, private or link-local</span>
        </label>
        <TextField
          label="Title"
          hint="optional template"
          value={words.title}
          onChange={(title) => setWords({ ...words, title })}
          placeholder="[{{severity}}] {{title}}"
        />
        <TextField
          label="Text"
          hint="optional template"
          value={words.text}
          onChange={(text) => setWords({ ...words, text })}
          placeholder="{{members}} {{link}}"
          help={`{{${TEMPLATE_WORDS.join('}}, {{')}}}, {{labels.NAME}}, {{annotations.NAME}}`}
        />
        {tested ? <Tested result={tested} /> : null}
        {failed ? <Failure error={failed} /> : null}
        <div class="button-row">
          <button type="submit" class="button primary" disabled={!ready || busy}>
            Save notifier
          </button>
          <button
            type="button"
            class="button"
            disabled={!ready || busy}
            onClick={() => void ask<NotifierTest>('POST', '/notifiers/test').then(setTested)}
          >
            Test
          </button>
          <button type="button" class="button quiet" onClick={onClose}>
            Discard
          </button>
        </div>
      </div>
    </form>
  );
};

const OneField = ({
  field,
  kept,
  value,
  onChange,
}: {
  readonly field: NotifierField;
  readonly kept: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) => {
  const { label, hint, placeholder, help, secret, options } = field;
  if (options)
    return <SelectField label={label} value={value === '' ? (options[0]?.[0] ?? '') : value} options={options} onChange={onChange} />;
  if (secret)
    return (
      <div>
        <SecretField label={label} hint={kept ? 'kept; empty leaves it as it is' : hint} value={value} onChange={onChange} />
        {help ? <div class="field-help">{help}</div> : null}
      </div>
    );
  return <TextField label={label} hint={hint} placeholder={placeholder ?? ''} help={help} value={value} onChange={onChange} />;
};

/** What came of a test. */
export const Tested = ({ result }: { readonly result: NotifierTest }) => (
  <div class="note" role="status">
    <Glyph shape={result.ok ? 'ok' : 'firing'} />
    <div>
      <p class="strong ink">{result.ok ? `Taken after ${result.ms} ms` : 'Not taken'}</p>
      <p>{result.said || (result.ok ? 'Look whether it has arrived.' : '')}</p>
    </div>
  </div>
);
