import { useEffect } from 'preact/hooks';
import type { Storage } from '../../../protocol/ask.ts';
import { every, now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { bytes, bytesText, count } from '../format/quantity.ts';
import { day, duration } from '../format/time.ts';
import { Empty, Failure, Skeleton, Stat } from '../parts/basics.tsx';

const REFRESH_MS = 60_000;
const SOON_MS = 30 * 86_400_000;
const NAMES: Readonly<Record<Storage['tiers'][number]['tier'], string>> = { raw: 'each round', '1m': '1 min', '5m': '5 min', '1h': '1 h' };

/** What the store takes on disk, what it will take once everything is as old as it is kept, and whether that fits. */
export const StoreUsage = () => {
  const usage = useResource<Storage>('/store/usage');
  useEffect(() => every(REFRESH_MS, usage.reload), [usage.reload]);
  if (usage.data === null)
    return <section class="panel">{usage.error ? <Failure error={usage.error} retry={usage.reload} /> : <Skeleton rows={5} />}</section>;
  const { bytes: taken, freeBytes, finalBytes, fullAt, tiers } = usage.data;
  if (tiers.length === 0) return <ElsewhereUsage taken={taken} />;
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Disk</h2>
      </div>
      <dl class="stats wide store-stats">
        <Stat label="Takes" {...sizeOf(taken)} below="on disk" />
        <Stat
          label="Will take"
          {...sizeOf(finalBytes)}
          below={finalBytes === null ? 'not before two hours are measured' : 'once all is as old as it is kept'}
        />
        <Stat label="Free" {...sizeOf(freeBytes)} below="on this disk" />
      </dl>
      {fullAt === null ? null : (
        <div class="note" role={fullAt - now.value < SOON_MS ? 'alert' : undefined}>
          <p>
            At this pace the disk is full on {day(fullAt, zone.value)}. Keep less (<code>--retention-days</code>), measure less often, or
            give it more room.
          </p>
        </div>
      )}
      <div class="scroll-x">
        <table class="table">
          <thead>
            <tr>
              <th>Tier</th>
              <th class="n">Rows</th>
              <th class="n">Takes</th>
              <th class="n">A day</th>
              <th class="n">Kept</th>
              <th class="n">Will take</th>
            </tr>
          </thead>
          <tbody>
            {tiers.map((tier) => (
              <tr key={tier.tier}>
                <td>{NAMES[tier.tier]}</td>
                <td class="n">{count(tier.rows)}</td>
                <td class="n">{bytesText(tier.bytes)}</td>
                <td class="n">{tier.bytesPerDay === null ? '–' : bytesText(tier.bytesPerDay)}</td>
                <td class="n">{duration(tier.keptMs)}</td>
                <td class="n">{tier.finalBytes === null ? '–' : bytesText(tier.finalBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

const sizeOf = (size: number | null): { readonly value: string; readonly unit?: string } => (size === null ? { value: '–' } : bytes(size));

/** Of an InfluxDB only what it tells: its disk is not ours, and it deletes by its own retention. */
const ElsewhereUsage = ({ taken }: { readonly taken: number | null }) => (
  <section class="panel">
    <div class="panel-head ruled">
      <h2>Disk</h2>
    </div>
    {taken === null ? (
      <Empty title="InfluxDB does not tell what it takes">
        1.x tells an admin only, 2.x and 3.x nobody. How full its disk is has to be seen on its own host; it deletes by its own retention.
      </Empty>
    ) : (
      <>
        <dl class="stats wide store-stats">
          <Stat label="Takes" {...sizeOf(taken)} below="in InfluxDB, roll-ups included" />
        </dl>
        <div class="panel-body">
          <p class="ink3">How full its disk is, InfluxDB does not tell. It deletes by its own retention.</p>
        </div>
      </>
    )}
  </section>
);
