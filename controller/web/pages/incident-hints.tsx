import type { Hint } from '../../../protocol/incident.ts';
import { useResource } from '../data/resource.ts';
import { Failure, Skeleton } from '../parts/basics.tsx';

/** Where to look first, and what to do there: the troubleshooting chart, asked of what is measured around the incident. */
export const Hints = ({ incident }: { readonly incident: number }) => {
  const { data, error, reload } = useResource<{ hints: readonly Hint[] }>(`/incidents/${incident}/hints`);
  return (
    <section class="panel dry">
      <div class="panel-head ruled">
        <h2>Where to look first</h2>
      </div>
      {data === null ? error ? <Failure error={error} retry={reload} /> : <Skeleton rows={2} /> : null}
      <ul class="rows">
        {data?.hints.map(({ title, why, steps }) => (
          <li key={title} class="row line hint">
            <span class="two grow">
              <span class="name">{title}</span>
              <small>{why}</small>
              <ol class="hint-steps small ink2">
                {steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};
