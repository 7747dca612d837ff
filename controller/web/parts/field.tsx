import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';
import { Glyph } from './state.tsx';

export interface Fix {
  readonly label: string;
  readonly apply: () => void;
}

/** One sentence with the arithmetic, then the fixes as buttons that write the value. */
export const Fault = ({
  id,
  children,
  fixes = [],
}: {
  readonly id?: string;
  readonly children: ComponentChildren;
  readonly fixes?: readonly Fix[];
}) => (
  <div class="fault" id={id} role="alert">
    <Glyph shape="firing" size={9} />
    <span class="grow">{children}</span>
    {fixes.map((fix) => (
      <button key={fix.label} type="button" class="button tiny" onClick={fix.apply}>
        {fix.label}
      </button>
    ))}
  </div>
);

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onLeave?: () => void;
  readonly hint?: ComponentChildren;
  readonly help?: ComponentChildren;
  readonly fault?: ComponentChildren;
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly autofocus?: boolean;
  readonly short?: boolean;
  readonly bare?: boolean;
}

/** A field with its label above, hint at its right, help or fault below. */
export const TextField = ({
  label,
  value,
  onChange,
  onLeave,
  hint,
  help,
  fault,
  placeholder,
  autocomplete = 'off',
  autofocus,
  short,
  bare,
}: FieldProps) => {
  const id = useId();
  return (
    <div class="field">
      {bare ? (
        <span class="phone-label small ink3" aria-hidden="true">
          {label}
        </span>
      ) : (
        <div class="field-head">
          <label for={id}>{label}</label>
          {hint ? <span class="hint">{hint}</span> : null}
        </div>
      )}
      <input
        id={id}
        class={short ? 'input short' : 'input'}
        type="text"
        value={value}
        placeholder={placeholder}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        autofocus={autofocus}
        aria-label={bare ? label : undefined}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault || help ? `${id}-below` : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
        onBlur={onLeave}
      />
      {fault && !bare ? <Fault id={`${id}-below`}>{fault}</Fault> : null}
      {!fault && help ? (
        <div class="field-help" id={`${id}-below`}>
          {help}
        </div>
      ) : null}
    </div>
  );
};

export const SelectField = <T extends string>({
  label,
  value,
  options,
  onChange,
  hint,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
  readonly hint?: ComponentChildren;
}) => {
  const id = useId();
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
        {hint ? <span class="hint">{hint}</span> : null}
      </div>
      <select
        id={id}
        class="input"
        value={value}
        onChange={(event) => {
          const chosen = options[event.currentTarget.selectedIndex];
          if (chosen) onChange(chosen[0]);
        }}
      >
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
};

export const Check = ({
  checked,
  disabled,
  label,
  onChange,
}: {
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly label: string;
  readonly onChange?: (checked: boolean) => void;
}) => (
  <span class="check-box">
    <input
      class="check"
      type="checkbox"
      checked={checked}
      disabled={disabled}
      aria-label={label}
      onChange={(event) => onChange?.(event.currentTarget.checked)}
    />
    <Icon name="check" size={12} bold />
  </span>
);

/** Four bars and a word: how long a password would stand, by its length and its kinds of characters. */
export const strengthOf = (password: string): { bars: number; word: string } => {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  const distinct = new Set(password).size;
  const points = Math.min(password.length, distinct * 2) + kinds * 1.5;
  if (password.length < 10) return { bars: password ? 1 : 0, word: password ? 'too short' : '' };
  if (points < 14) return { bars: 2, word: 'weak' };
  return points < 19 ? { bars: 3, word: 'good' } : { bars: 4, word: 'strong' };
};

export const PasswordField = ({
  value,
  onChange,
  measured,
  autocomplete,
  fault,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly measured?: boolean;
  readonly autocomplete: string;
  readonly fault?: string | undefined;
}) => {
  const id = useId();
  const [shown, setShown] = useState(false);
  const { bars, word } = strengthOf(value);
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>Password</label>
        <button type="button" class="link-button" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'}
        </button>
      </div>
      <input
        id={id}
        class="input"
        type="password"
        ref={(input) => void (input && (input.type = shown ? 'text' : 'password'))}
        value={value}
        autocomplete={autocomplete}
        aria-invalid={fault ? true : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {fault ? <Fault>{fault}</Fault> : null}
      {measured && !fault ? (
        <div class="strength">
          {[1, 2, 3, 4].map((bar) => (
            <i key={bar} class={bar <= bars ? 'on' : ''} />
          ))}
          {word ? <b>{word}</b> : null}
          <span class="ink3">{value ? `${value.length} characters` : 'at least 10 characters'}</span>
        </div>
      ) : null}
    </div>
  );
};

/** A field whose text is not shown: passwords and tokens. */
export const SecretField = ({ label, value, onChange, hint }: Pick<FieldProps, 'label' | 'value' | 'onChange' | 'hint'>) => {
  const id = useId();
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
        {hint ? <span class="hint">{hint}</span> : null}
      </div>
      <input
        id={id}
        class="input"
        type="password"
        value={value}
        autocomplete="off"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
};
