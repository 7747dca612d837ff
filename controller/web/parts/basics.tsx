import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../data/api.ts';
import { after } from '../data/clock.ts';
import { go, href } from '../data/location.ts';
import { Icon, type IconName } from './icons.tsx';
import { Glyph } from './state.tsx';

/** A link inside the web admin: a real one, so that it opens in a new tab too. */
export const Link = ({
  to,
  class: name,
  children,
  current,
  label,
}: {
  readonly to: string;
  readonly class?: string;
  readonly children: ComponentChildren;
  readonly current?: boolean;
  readonly label?: string;
}) => (
  <a
    href={href(to)}
    class={name}
    aria-current={current ? 'page' : undefined}
    aria-label={label}
    onClick={(event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      go(to);
    }}
  >
    {children}
  </a>
);

export const Stat = ({
  label,
  value,
  unit,
  below,
  mark,
}: {
  readonly label: string;
  readonly value: string;
  readonly unit?: string | undefined;
  readonly below?: ComponentChildren;
  readonly mark?: ComponentChildren;
}) => (
  <div class="stat">
    <dt>{label}</dt>
    <dd>
      {mark}
      {value}
      {unit ? <small>{unit}</small> : null}
    </dd>
    {below !== undefined ? <dd class="below">{below}</dd> : null}
  </div>
);

export const Labels = ({ labels, most = 9 }: { readonly labels: Readonly<Record<string, string>>; readonly most?: number }) => {
  const all = Object.entries(labels);
  return (
    <span class="row small">
      {all.slice(0, most).map(([key, value]) => (
        <span class="chip" key={key}>{`${key}:${value}`}</span>
      ))}
      {all.length > most ? (
        <span
          class="chip"
          title={all
            .slice(most)
            .map(([key, value]) => `${key}:${value}`)
            .join(' ')}
        >
          +{all.length - most}
        </span>
      ) : null}
    </span>
  );
};

/** What is missing, what happens next, one button, the command. */
export const Empty = ({
  title,
  children,
  action,
  command,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly action?: ComponentChildren;
  readonly command?: string;
}) => (
  <div class="note">
    <div>
      <p class="strong ink">{title}</p>
      <p>{children}</p>
      {action || command ? (
        <div class="button-row">
          {action}
          {command ? <code>{command}</code> : null}
        </div>
      ) : null}
    </div>
  </div>
);

/** What failed, what still holds, what to do. */
export const Failure = ({ error, retry, holds }: { readonly error: ApiError; readonly retry?: () => void; readonly holds?: string }) => (
  <div class="note" role="alert">
    <Glyph shape="firing" />
    <div>
      <p class="strong ink">{error.message}</p>
      <p>{holds ?? (error.status === 0 ? 'Agents go on measuring and keep their rounds until it is back.' : 'Nothing was changed.')}</p>
      {retry ? (
        <div class="button-row">
          <button type="button" class="button tiny" onClick={retry}>
            Try again
          </button>
        </div>
      ) : null}
    </div>
  </div>
);

/** The shape of what comes, after 150 ms. */
export const Skeleton = ({ rows = 4, height = 36 }: { readonly rows?: number; readonly height?: number }) => (
  <div class="skeleton" role="status" aria-busy="true" aria-label="loading">
    <b />
    {Array.from({ length: rows }, (_, index) => (
      <i key={index} ref={(line) => line?.style.setProperty('margin-top', `${height - 14}px`)} />
    ))}
  </div>
);

/** Copies a text and says so for two seconds. */
/** What a page lists, as a file. `path` is below /api/v1. */
export const CsvLink = ({ path, tiny = false }: { readonly path: string; readonly tiny?: boolean }) => (
  <a class={`button phone-off ${tiny ? 'tiny' : ''}`} href={`/api/v1${path}${path.includes('?') ? '&' : '?'}format=csv`} download>
    CSV
  </a>
);

export const CopyButton = ({
  text,
  children,
  class: name = 'copy',
  label,
  icon = 'copy',
}: {
  readonly text: () => string;
  readonly children?: ComponentChildren;
  readonly class?: string;
  readonly label: string;
  readonly icon?: IconName;
}) => {
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? after(2000, () => setCopied(false)) : undefined), [copied]);
  return (
    <button
      type="button"
      class={name}
      aria-label={copied ? 'Copied' : label}
      title={copied ? 'Copied' : label}
      onClick={() => void navigator.clipboard.writeText(text()).then(() => setCopied(true))}
    >
      <Icon name={copied ? 'check' : icon} size={14} />
      {children}
    </button>
  );
};

/** A command to type; shown and copied whole. */
export const Command = ({ children }: { readonly children: string }) => (
  <div class="command">
    {children}
    <CopyButton text={() => children} label="Copy the command" />
  </div>
);

/** A modal question. Destructive ones ask for a name to be typed. */
export const Dialog = ({
  title,
  children,
  action,
  danger,
  typed,
  onDone,
  onClose,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly action: string;
  readonly danger?: boolean;
  readonly typed?: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          onDone();
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        <div class="ink2">{children}</div>
        {typed ? (
          <label class="field">
            <span class="field-head">
              <span>
                Type <b>{typed}</b> to confirm
              </span>
            </span>
            <input
              class="input"
              value={text}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        ) : null}
        <div class="foot">
          <button type="button" class="button quiet" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={`button ${danger ? 'danger' : 'primary'}`} disabled={typed !== undefined && text !== typed}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
};
