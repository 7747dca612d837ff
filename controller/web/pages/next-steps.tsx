import { signal } from '@preact/signals';
import { Command, Link } from '../parts/basics.tsx';
import { Icon, type IconName } from '../parts/icons.tsx';

const key = 'sonde-next-hidden';
const hidden = signal(localStorage.getItem(key) === 'yes');

const Step = ({
  icon,
  title,
  children,
  command,
  to,
  action,
  first,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children: string;
  readonly command?: string;
  readonly to: string;
  readonly action: string;
  readonly first?: boolean;
}) => (
  <div class="step">
    <h3 class="row name">
      <Icon name={icon} /> {title}
    </h3>
    <p class="ink2">{children}</p>
    {command ? <Command>{command}</Command> : null}
    <Link to={to} class={first ? 'button primary' : 'button'}>
      {action}
    </Link>
  </div>
);

/** Verb, why, command, button; until the fleet has grown, or someone hides it. */
export const NextSteps = ({ agents, targets }: { readonly agents: number; readonly targets: number }) => {
  if (hidden.value || (agents > 2 && targets > 8)) return null;
  return (
    <section>
      <div class="row next-head">
        <h2 class="strong">Next</h2>
        <span class="ink3 grow">any order, all optional; a command does what its button does</span>
        <button
          type="button"
          class="button quiet tiny"
          onClick={() => {
            localStorage.setItem(key, 'yes');
            hidden.value = true;
          }}
        >
          Hide
        </button>
      </div>
      <div class="panel steps">
        <Step
          icon="targets"
          title="Add a target"
          command={'npm run controller -- targets add \\\n    www.example.net --label site=web'}
          to="/targets/new"
          action="Add target"
          first
        >
          A host that matters to you. You see what it costs before it is saved.
        </Step>
        <Step
          icon="fleet"
          title="Enrol an agent"
          command={'npm run controller -- token create \\\n    --label tier=edge'}
          to="/enrol"
          action="Enrol agent"
        >
          A second vantage point tells the path from the target. One command on the host.
        </Step>
        <Step icon="rules" title="Tell someone" to="/rules" action="Add a rule">
          A threshold that holds for a while opens an incident and calls a webhook, once.
        </Step>
      </div>
    </section>
  );
};
