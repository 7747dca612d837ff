import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';
import { Fault } from './field.tsx';

interface Props {
  readonly label: string;
  readonly values: readonly string[];
  readonly onChange: (values: string[]) => void;
  readonly placeholder?: string;
  readonly hint?: ComponentChildren;
  readonly help?: ComponentChildren;
  readonly fault?: string | undefined;
  /** Key and value of a chip, for those that have both. */
  readonly parts?: (value: string) => readonly [string, string] | null;
}

const isInQuotes = (text: string): boolean => text.split('"').length % 2 === 0;

/** A field of chips: Enter, a space outside of quotes or leaving makes one, Backspace takes the last one back. */
export const TokenInput = ({ label, values, onChange, placeholder, hint, help, fault, parts }: Props) => {
  const id = useId();
  const [text, setText] = useState('');
  const add = (): void => {
    const value = text.trim();
    setText('');
    if (value !== '' && !values.includes(value)) onChange([...values, value]);
  };
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
        {hint ? <span class="hint">{hint}</span> : null}
      </div>
      <div class={fault ? 'input tokens bad' : 'input tokens'}>
        {values.map((value) => (
          <span class="token" key={value}>
            {parts?.(value) ? (
              <>
                <span class="ink3">{parts(value)?.[0]}</span> {parts(value)?.[1]}
              </>
            ) : (
              value
            )}
            <button type="button" aria-label={`Remove ${value}`} onClick={() => onChange(values.filter((one) => one !== value))}>
              <Icon name="cross" size={10} />
            </button>
          </span>
        ))}
        <input
          id={id}
          value={text}
          placeholder={values.length === 0 ? placeholder : 'and'}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key === 'Enter' || (event.key === ' ' && !isInQuotes(text))) {
              event.preventDefault();
              add();
            } else if (event.key === 'Backspace' && text === '' && values.length > 0) {
              event.preventDefault();
              setText(values.at(-1) ?? '');
              onChange(values.slice(0, -1));
            }
          }}
        />
      </div>
      {fault ? <Fault>{fault}</Fault> : help ? <div class="field-help">{help}</div> : null}
    </div>
  );
};
