import type { ComponentChildren } from 'preact';
import { setRange, span, zone } from '../data/location.ts';
import { zoomTo } from '../data/range.ts';
import { iso } from '../format/time.ts';
import { Link } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';

/** Fleet › agent › page. */
export const machineTitle = (agent: string, page: string, more?: ComponentChildren) => (
  <>
    <Link to={`/fleet/${agent}`}>{agent}</Link> <Icon name="right" size={14} class="ink3" />
    <span class="cut">{more ?? page}</span>
  </>
);

const pages = [
  ['interfaces', 'Interfaces'],
  ['ports', 'Connections and ports'],
  ['host', 'Host'],
] as const;

/** From one page of the machine to the others. */
export const MachineTabs = ({ agent, current }: { readonly agent: string; readonly current?: string }) => (
  <nav class="row wrap" aria-label="This machine">
    {pages.map(([path, name]) => (
      <Link key={path} to={`/fleet/${agent}/${path}`} class={`button tiny ${path === current ? 'primary' : ''}`} current={path === current}>
        {name}
      </Link>
    ))}
  </nav>
);

const REASONS: Readonly<Record<string, string>> = {
  'probe-not-allowed': 'The limits file of its host does not allow it: add net and host to allowedProbes.',
  'no-limits': 'Its limits file is missing or unreadable, so it looks at nothing.',
  'no-proc': 'Its host has no /proc.',
};

/** Why nothing new comes, and what mends it. */
export const MachineFailure = ({
  failure,
}: {
  readonly failure: { readonly at: number; readonly reason: string; readonly detail: string } | null;
}) =>
  failure === null ? null : (
    <section class="panel">
      <div class="note" role="alert">
        <Glyph shape="degraded" />
        <div>
          <p class="strong ink">{REASONS[failure.reason] ?? `Not looked at: ${failure.reason}`}</p>
          <p>
            Since {iso(failure.at, zone.value)}. {failure.detail}
          </p>
        </div>
      </div>
    </section>
  );

/** What a chart shows, and what dragging on it does. */
export const shownSpan = () => ({ from: span.value.from, to: span.value.to });
export const zoom = (chosen: { readonly from: number; readonly to: number }): void => setRange(zoomTo(chosen));
