import type { IncidentDetail } from '../../../protocol/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { clock } from '../format/time.ts';
import { plural } from '../format/quantity.ts';
import { type Lane, Lanes, type LaneSpan } from '../parts/lanes.tsx';

/** The rule over event time, who was told, and what changed: one strip. */
export const Timeline = ({ incident, end }: { readonly incident: IncidentDetail; readonly end: number }) => {
  const crossed = Math.min(incident.openedAt, ...incident.members.map((member) => member.since));
  const pad = Math.max(120_000, (end - crossed) / 5);
  const to = incident.resolvedAt === null ? end : end + pad;
  const from = crossed - pad;
  const spans: LaneSpan[] = [
    { from, to: crossed, tone: 'ok', word: 'ok' },
    { from: crossed, to: incident.openedAt, tone: 'pending', word: 'pending' },
    { from: incident.openedAt, to: end, tone: 'firing', word: incident.severity },
  ];
  if (incident.resolvedAt !== null) spans.push({ from: incident.resolvedAt, to, tone: 'ok', word: 'ok' });
  const lanes: Lane[] = [{ name: 'Rule', spans }];
  const { acknowledgedAt } = incident;
  if (acknowledgedAt !== null)
    lanes.push({
      name: 'People',
      spans: [{ from: acknowledgedAt, to: end, tone: 'ok', word: `${incident.acknowledgedBy ?? 'somebody'} looks after it` }],
    });
  const told = incident.deliveries.map((one): LaneSpan => {
    const isThere = one.state === 'delivered';
    const until = one.deliveredAt ?? (one.state === 'failed' ? (one.tries.at(-1)?.at ?? one.createdAt) : now.value);
    return {
      from: one.createdAt,
      to: Math.max(until, one.createdAt),
      tone: isThere ? 'ok' : one.state === 'failed' ? 'firing' : 'pending',
      word: one.notifier,
    };
  });
  if (told.length > 0) lanes.push({ name: 'Told', spans: told });
  const changed = incident.changes.filter(({ at }) => at >= from && at <= to);
  if (changed.length > 0)
    lanes.push({ name: 'Changes', spans: changed.map(({ at, what }): LaneSpan => ({ from: at, to: at, tone: 'degraded', word: what })) });
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Timeline</h2>
        <span class="ink3">event time{changed.length > 0 ? `, ${plural(changed.length, 'change')}` : ''}</span>
      </div>
      <div class="panel-body">
        <Lanes
          from={from}
          to={to}
          now={now.value}
          lanes={lanes}
          marks={[crossed, incident.openedAt]}
          ticks={(at) => clock(at, zone.value)}
        />
      </div>
    </section>
  );
};
