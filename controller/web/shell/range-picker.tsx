import { useEffect, useState } from 'preact/hooks';
import { now, serverNow } from '../data/clock.ts';
import { live, range, setRange, span, toggleLive, toggleZone, zone } from '../data/location.ts';
import { presets, shift, zoomOut } from '../data/range.ts';
import { clock, day, duration } from '../format/time.ts';
import { CopyButton } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';

/** One time range for all pages, in the URL. */
export const RangePicker = () => {
  const [open, setOpen] = useState(false);
  const current = range.value;
  const { from, to } = span.value;
  useEffect(() => {
    if (!open) return;
    const close = (): void => setOpen(false);
    addEventListener('click', close);
    return () => removeEventListener('click', close);
  }, [open]);
  const spanMs = to - from;
  const end = (at: number): string => {
    if (spanMs > 2 * 86_400_000) return day(at, zone.value);
    return spanMs < 86_400_000 ? clock(at, zone.value) : `${day(at, zone.value)} ${clock(at, zone.value)}`;
  };
  return (
    <>
      <div class="range">
        <button type="button" aria-label="Half a range earlier" onClick={() => setRange(shift(current, -1, serverNow()))}>
          <Icon name="left" />
        </button>
        <button type="button" class="now" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="clock" size={14} />
          <b>{current.kind === 'last' ? `Last ${duration(current.ms)}` : duration(current.to - current.from)}</b>
          <span class="clock ink3">
            {end(from)} – {end(to)}
          </span>
        </button>
        <button
          type="button"
          aria-label="Half a range later"
          disabled={current.kind === 'last'}
          onClick={() => setRange(shift(current, 1, serverNow()))}
        >
          <Icon name="right" />
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => setRange(zoomOut(current, now.value))}>
          <Icon name="zoomOut" />
        </button>
        {open ? (
          <div class="menu" role="menu">
            {presets.map((ms) => (
              <button
                key={ms}
                type="button"
                role="menuitemradio"
                aria-checked={current.kind === 'last' && current.ms === ms}
                onClick={() => setRange({ kind: 'last', ms })}
              >
                Last {duration(ms)}
              </button>
            ))}
          </div>
        ) : null}
      </div>
      <button type="button" class="button live-toggle" aria-label="Live" aria-pressed={live.value} onClick={toggleLive}>
        <i class="live-dot" />
        <span class="phone-off">Live</span>
      </button>
      <button
        type="button"
        class="button quiet phone-off"
        aria-label={`Time zone: ${zone.value === 'utc' ? 'UTC' : localZone()}`}
        onClick={toggleZone}
      >
        {zone.value === 'utc' ? 'UTC' : localZone()}
      </button>
      <CopyButton class="button icon phone-off" text={() => location.href} label="Copy link" icon="link" />
    </>
  );
};

const localZone = (): string =>
  new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts().find((part) => part.type === 'timeZoneName')?.value ??
  'local';
