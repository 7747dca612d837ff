import { useEffect, useState } from 'preact/hooks';
import type { Match } from '../../../protocol/mute.ts';
import type { MutePreview } from '../../../protocol/notify-api.ts';
import { request } from '../data/api.ts';
import { after } from '../data/clock.ts';
import { count, plural } from '../format/quantity.ts';
import { Link } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';

const SHOWN = 5;

/** What a match would mute, asked for as it is typed. */
export const useMutePreview = (match: Match | null): MutePreview | null => {
  const [found, setFound] = useState<MutePreview | null>(null);
  const text = match === null ? null : JSON.stringify(match);
  useEffect(() => {
    if (text === null) return undefined;
    const controller = new AbortController();
    const cancel = after(150, () => {
      request<MutePreview>('POST', '/silences/preview', JSON.parse(text), controller.signal).then(setFound, () => {});
    });
    return () => {
      cancel();
      controller.abort();
    };
  }, [text]);
  return found;
};

/** `own`: the incident that it is made for; the others are what one may not have thought of. */
export const MutePreviewBox = ({ preview, own }: { readonly preview: MutePreview; readonly own?: number }) => {
  const others = preview.open.filter(({ id }) => id !== own);
  const missed = own !== undefined && !preview.open.some(({ id }) => id === own);
  return (
    <div class="mute-box" role="status">
      <p class="strong ink">
        {others.length > 0
          ? `This ${own === undefined ? '' : 'also '}mutes ${plural(others.length, own === undefined ? 'open incident' : 'other open incident')}`
          : own === undefined
            ? 'It mutes no incident that is open now'
            : 'It mutes no other incident that is open now'}
      </p>
      <ul class="rows bare">
        {others.slice(0, SHOWN).map(({ id, title }) => (
          <li key={id} class="row">
            <Glyph shape="firing" size={10} />
            <Link to={`/incidents/${id}`} class="cut grow">
              {title}
            </Link>
          </li>
        ))}
      </ul>
      {others.length > SHOWN ? <p class="ink3 small">and {count(others.length - SHOWN)} more</p> : null}
      {missed ? <p class="small ink">It does not cover all of this incident, which still pages.</p> : null}
      {preview.partly.length > 0 ? (
        <p class="small ink2">{plural(preview.partly.length, 'incident')} covered in part, and paging still.</p>
      ) : null}
      <p class="ink3 small">
        Covers {count(preview.pairs)} of {plural(preview.pairsTotal, 'pair')}: {plural(preview.targets.length, 'target')} from{' '}
        {plural(preview.agents.length, 'agent')}. In the last 30 days it would have held back {count(preview.past)} of{' '}
        {plural(preview.pastTotal, 'incident')}.
      </p>
    </div>
  );
};
