import { useState } from 'preact/hooks';
import { ApiError, request } from '../data/api.ts';
import { Failure } from '../parts/basics.tsx';
import { Check, TextField } from '../parts/field.tsx';
import { idOf } from './target-form.ts';

/** A webhook: a name, a URL, and whether that may lie inside the own network. */
export const NotifierForm = ({ onSaved, onClose }: { readonly onSaved: () => void; readonly onClose: () => void }) => {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [left, setLeft] = useState(false);
  const [allowPrivate, setAllowPrivate] = useState(false);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const good = URL.canParse(url) && /^https?:/.test(url);
  const save = async (): Promise<void> => {
    try {
      await request('POST', '/notifiers', { id: idOf(name), kind: 'webhook', url, allowPrivate });
      onSaved();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <form
      class="panel-body fields ruled-top"
      onSubmit={(event) => {
        event.preventDefault();
        if (good && idOf(name) !== '') void save();
      }}
    >
      <TextField
        label="Name"
        value={name}
        onChange={setName}
        placeholder="noc"
        autofocus
        help={name && idOf(name) !== name ? `known as ${idOf(name)}` : undefined}
      />
      <TextField
        label="URL"
        value={url}
        onChange={setUrl}
        onLeave={() => setLeft(true)}
        placeholder="https://hooks.example.net/sonde"
        fault={left && url !== '' && !good ? 'An http or https address is needed.' : undefined}
      />
      <label class="row">
        <Check checked={allowPrivate} label="May be a private address" onChange={setAllowPrivate} />{' '}
        <span class="ink2">may be loopback, private or link-local</span>
      </label>
      {failed ? <Failure error={failed} /> : null}
      <div class="button-row">
        <button type="submit" class="button primary" disabled={!good || idOf(name) === ''}>
          Save webhook
        </button>
        <button type="button" class="button quiet" onClick={onClose}>
          Discard
        </button>
      </div>
    </form>
  );
};
