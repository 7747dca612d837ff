import { useState } from 'preact/hooks';
import type { Delivery } from '../../../protocol/notify-api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { plural } from '../format/quantity.ts';
import { clockSeconds, duration, when } from '../format/time.ts';
import { Empty, Link } from '../parts/basics.tsx';
import { Glyph, type Shape } from '../parts/state.tsx';

const shapeOf: { readonly [S in Delivery['state']]: Shape } = { waiting: 'pending', delivered: 'ok', failed: 'firing' };
const resultShape: { readonly [S in Delivery['tries'][number]['result']]: Shape } = {
  delivered: 'ok',
  later: 'pending',
  refused: 'firing',
};

/** What was sent, each opened to its attempts. */
export const Deliveries = ({ deliveries, by }: { readonly deliveries: readonly Delivery[]; readonly by: 'incident' | 'notifier' }) => {
  const [opened, open] = useState<number | null>(null);
  if (deliveries.length === 0)
    return <Empty title="Nothing yet">{by === 'incident' ? 'It was told of no incident.' : 'Nobody was told.'}</Empty>;
  return (
    <ul class="rows">
      {deliveries.map((delivery) => (
        <li key={delivery.id}>
          <div class="row line tall">
            <Glyph shape={shapeOf[delivery.state]} />
            <button
              type="button"
              class="two grow as-text"
              aria-expanded={opened === delivery.id}
              onClick={() => open(opened === delivery.id ? null : delivery.id)}
            >
              <span class="name">
                {by === 'notifier' ? delivery.notifier : `incident ${delivery.incident}`}, {delivery.news}
              </span>
              <small class="cut">{wordsOf(delivery)}</small>
            </button>
            <time class="ink3 small" title={when(delivery.createdAt, now.value, zone.value)}>
              {clockSeconds(delivery.deliveredAt ?? delivery.createdAt, zone.value)}
            </time>
          </div>
          {opened === delivery.id ? <Tries delivery={delivery} by={by} /> : null}
        </li>
      ))}
    </ul>
  );
};

const wordsOf = ({ state, attempts, error, nextTryAt }: Delivery): string => {
  if (state === 'delivered') return attempts > 1 ? `delivered after ${plural(attempts, 'try', 'tries')}` : 'delivered';
  const next = nextTryAt === null ? '' : `, again ${nextTryAt <= now.value ? 'now' : `in ${duration(nextTryAt - now.value)}`}`;
  return `${state}, ${plural(attempts, 'try', 'tries')}${next}${error ? `: ${error}` : ''}`;
};

const Tries = ({ delivery, by }: { readonly delivery: Delivery; readonly by: 'incident' | 'notifier' }) => (
  <div class="tries small">
    {delivery.tries.map((attempt, index) => (
      <p key={index} class="row">
        <Glyph shape={resultShape[attempt.result]} size={9} />
        <time class="ink3">{clockSeconds(attempt.at, zone.value)}</time>
        <span class="ink3">{duration(attempt.ms)}</span>
        <span class="ink2">{attempt.said || attempt.result}</span>
      </p>
    ))}
    <p class="ink3 wrap-any">key {delivery.key}</p>
    {by === 'incident' && delivery.incident > 0 ? <Link to={`/incidents/${delivery.incident}`}>Open the incident</Link> : null}
  </div>
);
