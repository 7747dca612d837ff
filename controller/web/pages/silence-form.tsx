import { useState } from 'preact/hooks';
import type { SilenceView } from '../../../protocol/notify-api.ts';
import { ApiError, request } from '../data/api.ts';
import { serverNow } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { parseDuration, when, writeDuration } from '../format/time.ts';
import { Failure } from '../parts/basics.tsx';
import { TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icons.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { readTerms } from '../../../protocol/match-terms.ts';
import { MutePreviewBox, useMutePreview } from './mute-preview.tsx';

const HOUR = 3_600_000;
const lengths = [0.5 * HOUR, 2 * HOUR, 8 * HOUR, 24 * HOUR] as const;

/** Who is muted, how long, why; and what else that mutes. */
export const SilenceForm = ({
  terms: first,
  own,
  onSaved,
  onClose,
}: {
  readonly terms: readonly string[];
  readonly own?: number;
  readonly onSaved: (silence: SilenceView) => void;
  readonly onClose: () => void;
}) => {
  const [terms, setTerms] = useState<readonly string[]>(first);
  const [length, setLength] = useState(writeDuration(2 * HOUR));
  const [comment, setComment] = useState('');
  const [failed, setFailed] = useState<ApiError | null>(null);
  const read = readTerms(terms);
  const preview = useMutePreview(read.ok ? read.match : null);
  const ms = parseDuration(length);
  const ready = read.ok && ms !== null && ms > 0 && comment.trim() !== '';
  const save = async (): Promise<void> => {
    if (!read.ok || ms === null) return;
    try {
      onSaved(
        await request<SilenceView>('POST', '/silences', {
          match: read.match,
          endsAt: Math.floor(serverNow()) + ms,
          comment: comment.trim(),
        }),
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <form
      class="panel dry"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void save();
      }}
    >
      <div class="panel-head ruled">
        <h2>Silence</h2>
        <span class="grow" />
        <button type="button" class="button quiet tiny" aria-label="Close" onClick={onClose}>
          <Icon name="cross" size={14} />
        </button>
      </div>
      <div class="panel-body fields">
        <TokenInput
          label="Mutes"
          placeholder="everything"
          values={terms}
          onChange={setTerms}
          fault={read.ok ? undefined : read.fault}
          help="rule, severity, target, agent, a label of targets, or agent.label"
        />
        <div class="field">
          <div class="tab-row" role="group" aria-label="How long">
            {lengths.map((one) => (
              <button key={one} type="button" aria-pressed={ms === one} onClick={() => setLength(writeDuration(one))}>
                {writeDuration(one)}
              </button>
            ))}
          </div>
        </div>
        <TextField
          label="For"
          hint={ms === null ? '' : `until ${when(serverNow() + ms, serverNow(), zone.value)}`}
          value={length}
          onChange={setLength}
          fault={ms === null ? 'A time such as 2 h or 3 d.' : undefined}
        />
        <TextField label="Why" value={comment} onChange={setComment} placeholder="fibre cut at Halden, ticket 4711" />
        {preview ? <MutePreviewBox preview={preview} {...(own === undefined ? {} : { own })} /> : null}
        {terms.length === 0 ? <p class="small ink">Without a term it mutes every incident.</p> : null}
        {failed ? <Failure error={failed} /> : null}
        <div class="button-row">
          <button type="submit" class="button primary" disabled={!ready}>
            {ms === null ? 'Silence' : `Silence until ${when(serverNow() + ms, serverNow(), zone.value)}`}
          </button>
        </div>
      </div>
    </form>
  );
};
