import { now } from '../data/clock.ts';
import { useDeviceEvents } from '../data/devices.ts';
import { zone } from '../data/location.ts';
import { when } from '../format/time.ts';
import { Failure, Link, Skeleton } from '../parts/basics.tsx';

/** What changed on a device, or on one of its ports: newest first. */
export const DeviceEvents = ({ id, port }: { readonly id: string; readonly port?: string }) => {
  const { data, error, reload } = useDeviceEvents(id, port);
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>What changed</h2>
        <span class="ink3">restarts, configuration, ports added, gone, renumbered, renamed, links</span>
      </div>
      {error && !data ? <Failure error={error} retry={reload} /> : null}
      {!data && !error ? <Skeleton rows={3} /> : null}
      {data && data.events.length === 0 ? <p class="note ink3">Nothing changed since it is polled.</p> : null}
      {data && data.events.length > 0 ? (
        <table class="table dense">
          <tbody>
            {data.events.map((event) => (
              <tr key={event.id}>
                <td class="ink3 num">{when(event.at, now.value, zone.value)}</td>
                <td class="wrap">
                  {event.port !== null && port === undefined ? (
                    <Link to={`/devices/${id}/ports/${event.port}`}>{event.title}</Link>
                  ) : (
                    event.title
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
};
