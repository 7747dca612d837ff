import type { WayAround } from '../../../protocol/incident.ts';
import type { IncidentDetail } from '../../../protocol/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { when } from '../format/time.ts';

/** The ways to the targets before the incident and since, where agents have traced them. */
export const Ways = ({ incident: { ways } }: { readonly incident: IncidentDetail }) =>
  ways.length === 0 ? null : (
    <section class="panel dry">
      <div class="panel-head ruled">
        <h2>The way before and since</h2>
      </div>
      {ways.map((way) => (
        <div key={`${way.agent} ${way.target}`} class="ways">
          <p class="row">
            <span class="name cut grow">
              {way.agent} → {way.target}
            </span>
            <span class="ink3 small">{sayChange(way)}</span>
          </p>
          <div class="ways-two">
            <Way title="before" way={way.before} target={way.target} differsFrom={way.differsFrom} />
            <Way title="since" way={way.after} target={way.target} differsFrom={way.differsFrom} />
          </div>
        </div>
      ))}
    </section>
  );

const sayChange = ({ before, after, differsFrom }: WayAround): string => {
  if (before === null || after === null) return '';
  return differsFrom === null ? 'the same way' : `another way from hop ${differsFrom + 1}`;
};

interface WayProps extends Pick<WayAround, 'target' | 'differsFrom'> {
  readonly title: string;
  readonly way: WayAround['before'];
}

const Way = ({ title, way, target, differsFrom }: WayProps) => (
  <div>
    <p class="ink3 small">{way === null ? `${title}: no trace` : `${title}, ${when(way.at, now.value, zone.value)}`}</p>
    {way === null ? null : (
      <ol class="hops small">
        {way.hops.map((hop, index) => (
          <li key={index} class={differsFrom !== null && index >= differsFrom ? 'strong' : 'ink2'}>
            {hop ?? 'no answer'}
          </li>
        ))}
        <li class={way.reached ? 'ink2' : 'strong'}>{way.reached ? target : 'not reached'}</li>
      </ol>
    )}
  </div>
);
