import type { IncidentDetail } from '../../../protocol/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { clock, duration, when } from '../format/time.ts';
import { Empty, Link } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';
import { Deliveries } from './deliveries.tsx';

/** Who was told what, each attempt; who is next; what mutes it. */
export const Told = ({ incident }: { readonly incident: IncidentDetail }) => {
  const { deliveries, mutedBy, next } = incident;
  return (
    <section class="panel dry">
      <div class="panel-head ruled">
        <h2>Notified</h2>
      </div>
      {mutedBy.map((mute) => (
        <p key={`${mute.kind} ${mute.id}`} class="note">
          <Glyph shape="off" />
          <span>
            Muted by {mute.kind === 'silence' ? 'a silence' : 'maintenance'}: {mute.why}, until {when(mute.until, now.value, zone.value)}
          </span>
        </p>
      ))}
      {deliveries.length === 0 && next.length === 0 && mutedBy.length === 0 ? (
        <Empty
          title="Nobody was told"
          action={
            <Link to="/notifiers" class="button tiny">
              Open notifiers
            </Link>
          }
        >
          {incident.state === 'resolved' ? 'It was muted, or there was no notifier for it.' : 'There is no notifier for it.'}
        </Empty>
      ) : (
        <>
          {deliveries.length > 0 ? <Deliveries deliveries={deliveries} by="notifier" /> : null}
          <ul class="rows">
            {next.map((one) => (
              <li key={one.notifier} class="row line tall">
                <Glyph shape="pending" />
                <span class="two grow">
                  <span class="ink2">{one.notifier}</span>
                  <small>{one.repeated ? 'again' : 'next'}, unless somebody acknowledges it</small>
                </span>
                <time class="ink3 small">{one.at > now.value ? `in ${duration(one.at - now.value)}` : clock(one.at, zone.value)}</time>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
};

/** What people and devices changed around its beginning. */
export const RelatedChanges = ({ incident }: { readonly incident: IncidentDetail }) => (
  <section class="panel dry">
    <div class="panel-head ruled">
      <h2>Changes around it</h2>
      <span class="ink3">an hour before to 15 min after</span>
    </div>
    {incident.changes.length === 0 ? (
      <Empty title="None that touches it">Targets, agents, rules and devices stayed as they were.</Empty>
    ) : null}
    <ul class="rows">
      {incident.changes.map((change, index) => (
        <li key={index} class="row line tall">
          <span class="two grow">
            <span class="name cut">{change.what}</span>
            <small>{change.who}</small>
          </span>
          <time class="ink3 small">
            {change.at <= incident.openedAt
              ? `${duration(incident.openedAt - change.at)} before`
              : `${duration(change.at - incident.openedAt)} after`}
          </time>
        </li>
      ))}
    </ul>
  </section>
);
