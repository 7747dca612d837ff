import { useEffect } from 'preact/hooks';
import type { StoreView } from '../../../protocol/store-api.ts';
import { request } from '../data/api.ts';
import { every, now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { who } from '../data/session.ts';
import { bytes, bytesText, count, delayText, plural } from '../format/quantity.ts';
import { ago, duration, iso } from '../format/time.ts';
import { Command, Empty, Failure, Skeleton, Stat } from '../parts/basics.tsx';
import { State } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { StoreForm } from './store-form.tsx';
import { PhaseMark } from './store-phase.tsx';
import { StoreUsage } from './store-usage.tsx';

const REFRESH_MS = 3_000;

/** Where points go, whether they get there, and what waits, is copied or was refused. */
export const StorePage = () => {
  const store = useResource<StoreView>('/store');
  useEffect(() => every(REFRESH_MS, store.reload), [store.reload]);
  const view = store.data;
  const mayChange = who.value.state === 'in' && who.value.session.user.role === 'admin';
  return (
    <Frame title="Store">
      {view === null ? (
        <section class="panel">{store.error ? <Failure error={store.error} retry={store.reload} /> : <Skeleton rows={6} />}</section>
      ) : (
        <div class="editor">
          <div class="stack">
            <Place view={view} />
            <StoreUsage />
            {view.backfill ? <Copy backfill={view.backfill} /> : null}
            <Refused view={view} mayClear={mayChange} onChanged={store.reload} />
          </div>
          <StoreForm view={view} mayChange={mayChange} onChanged={(next) => store.set(() => next)} />
        </div>
      )}
    </Frame>
  );
};

const Place = ({ view }: { readonly view: StoreView }) => {
  const { influx, queue } = view;
  const waiting = queue.trouble;
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>{influx ? `InfluxDB ${influx.version ?? ''}` : 'Embedded store'}</h2>
        <span class="grow" />
        {influx ? (
          <PhaseMark phase={influx.phase} />
        ) : (
          <State shape={waiting ? 'firing' : 'ok'} word={waiting ? 'does not write' : 'writes'} />
        )}
      </div>
      <dl class="stats wide store-stats">
        <Stat label="Lag" value={queue.lagMs === null ? '–' : delayText(queue.lagMs)} below="measured until stored" />
        <Stat label="Waits" value={count(queue.arrivals)} below={plural(queue.arrivals, 'batch', 'batches').replace(/^[\d,]+ /, '')} />
        <Stat label="Queue" value={bytes(queue.bytes).value} unit={bytes(queue.bytes).unit} below={`of ${bytesText(queue.capBytes)}`} />
        {influx ? <Stat label="Written" value={count(influx.pointsWritten)} below="points since the start" /> : null}
        {influx ? (
          <Stat
            label="Keeps"
            value={influx.retentionMs === null ? '–' : duration(influx.retentionMs)}
            below={influx.retentionMs === null ? 'everything, or it does not tell' : 'by its own retention'}
          />
        ) : null}
      </dl>
      {influx ? (
        <div class="panel-body stack">
          <p class="ink2 mono-wrap">
            {influx.url}, database {influx.database}
            {influx.retentionPolicy === '' ? '' : `, retention policy ${influx.retentionPolicy}`}
            {influx.writePath === null ? '' : `, ${influx.writePath.split('?')[0]}`}
          </p>
          {influx.rollUps ? <RollUps rollUps={influx.rollUps} /> : null}
        </div>
      ) : null}
      {waiting || influx?.message ? (
        <div class="note" role="alert">
          <div>
            <p class="strong ink">{influx?.message ?? waiting?.message}</p>
            <p>
              {waiting ? `Since ${ago(waiting.since, now.value, zone.value)}. ` : ''}Nothing is lost: what comes waits in the arrival log,
              and when that is full, in the agents' spools.
            </p>
            {influx?.commands.map((command) => (
              <Command key={command}>{command}</Command>
            ))}
          </div>
        </div>
      ) : null}
    </section>
  );
};

/** Whether long ranges can be read from windows, and where they lie. */
const RollUps = ({ rollUps }: { readonly rollUps: NonNullable<NonNullable<StoreView['influx']>['rollUps']> }) => {
  const { database, hoursWaiting, partsBehind, message, commands } = rollUps;
  const left = [
    ...(hoursWaiting > 0 ? [`${plural(hoursWaiting, 'hour')} of single agents' series to do`] : []),
    ...(partsBehind > 0 ? ['looking for older rounds'] : []),
  ];
  return (
    <>
      <p class="ink2 mono-wrap">
        Roll-ups (1 min, 5 min, 1 h) in database {database}:{' '}
        {commands.length > 0 ? 'not made yet' : left.length === 0 ? 'up to date' : left.join(', ')}.
      </p>
      {message ? (
        <p class="ink">
          {message}
          {commands.length > 0 ? '. Until then long ranges are read from the points, which takes longer.' : ''}
        </p>
      ) : null}
      {commands.map((command) => (
        <Command key={command}>{command}</Command>
      ))}
    </>
  );
};

const Copy = ({ backfill }: { readonly backfill: NonNullable<StoreView['backfill']> }) => {
  const { oldest, until, copiedFrom, hasOlderWindows, points, refused, finishedAt, trouble } = backfill;
  const done = finishedAt !== null ? 1 : (until - copiedFrom) / Math.max(1, until - oldest);
  const percent = finishedAt === null ? Math.min(99, Math.floor(done * 100)) : 100;
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Copy from the embedded store</h2>
        <span class="grow" />
        <State
          shape={finishedAt !== null ? 'resolved' : trouble ? 'degraded' : 'pending'}
          word={finishedAt !== null ? 'done' : `${percent} %`}
        />
      </div>
      <div class="panel-body stack">
        <progress class="wide" max={100} value={percent} aria-label="copied" />
        <p class="ink2">
          {plural(points, 'point')} copied{refused > 0 ? `, ${count(refused)} refused and set aside` : ''}.{' '}
          {finishedAt !== null
            ? `Finished ${ago(finishedAt, now.value, zone.value)}.`
            : `Newest first, at ${iso(copiedFrom, zone.value)} now, down to ${iso(oldest, zone.value)}. Measuring goes on, and pages read from both.`}
          {hasOlderWindows ? ` Roll-ups from before ${iso(oldest, zone.value)} stay in the embedded store and are read there.` : ''}
        </p>
        {trouble ? <p class="ink">Waits and tries again: {trouble}</p> : null}
      </div>
    </section>
  );
};

const Refused = ({
  view,
  mayClear,
  onChanged,
}: {
  readonly view: StoreView;
  readonly mayClear: boolean;
  readonly onChanged: () => void;
}) => {
  const { total, kept } = view.setAside;
  return (
    <section class="panel scroll-x">
      <div class="panel-head ruled">
        <h2>Set aside</h2>
        <span class="ink3">{plural(total, 'point')} in all</span>
        <span class="grow" />
        {mayClear && kept.length > 0 ? (
          <button type="button" class="button tiny" onClick={() => void request('DELETE', '/store/set-aside').then(onChanged, onChanged)}>
            Forget them
          </button>
        ) : null}
      </div>
      {kept.length === 0 ? (
        <Empty title="Nothing was refused">
          A point that the store can never take, because a field has another type there or its time is beyond the retention, is set aside
          here with the reason. The rest goes on.
        </Empty>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th>Why</th>
              <th class="n">Points</th>
            </tr>
          </thead>
          <tbody>
            {kept.map(({ reason, points }) => (
              <tr key={reason}>
                <td class="ink2">{reason}</td>
                <td class="n">{count(points)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {kept.length > 0 ? (
        <div class="panel-foot">
          <a href="/api/v1/store/set-aside?limit=1000">The newest 1,000 with their values, as JSON</a>
        </div>
      ) : null}
    </section>
  );
};
