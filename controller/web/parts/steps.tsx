import { Icon } from './icons.tsx';
import { Glyph } from './state.tsx';

export interface Step {
  readonly name: string;
  readonly detail: string;
  readonly state: 'done' | 'now' | 'later' | 'warning' | 'failed';
  readonly at?: string;
}

/** Steps in order: an ink disc when done, a ring while it is under way, grey when to come; what follows a failed one is hidden. */
export const Steps = ({ steps }: { readonly steps: readonly Step[] }) => {
  const failed = steps.findIndex((step) => step.state === 'failed');
  return (
    <ol class="steps-list">
      {(failed < 0 ? steps : steps.slice(0, failed + 1)).map((step) => (
        <li key={step.name} class={step.state}>
          <i>
            {step.state === 'done' ? (
              <Icon name="check" size={12} bold />
            ) : step.state === 'failed' ? (
              <Icon name="cross" size={10} bold />
            ) : step.state === 'warning' ? (
              <Glyph shape="degraded" size={14} />
            ) : null}
          </i>
          <span class="two grow">
            <span class={step.state === 'later' ? 'ink2' : 'name'}>{step.name}</span>
            <small>{step.detail}</small>
          </span>
          {step.at ? <time class="ink3 small">{step.at}</time> : null}
        </li>
      ))}
    </ol>
  );
};
