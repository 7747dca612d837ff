import type { Suspect, Verdict } from '../../../protocol/verdict.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { clock, when } from '../format/time.ts';
import { Empty } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';

const CLASS_WORDS: { readonly [K in Suspect['class']]: string } = {
  agent: 'the agent itself',
  'first-mile': 'the first mile of site',
  'shared-path': 'a path that several share',
  target: 'the target',
};

const OUTCOME_WORDS: { readonly [K in Verdict['outcome']]: string } = {
  one: 'One cause fits',
  'several-fit': 'Several causes fit',
  'too-few-vantage-points': 'Not enough vantage points to tell',
  'too-little-history': 'Too little history to tell what is usual',
  'nothing-found': 'No common cause found',
};

/** A link as its two ends. */
const nameOf = (element: string): string => element.replace('>', ' – ');

/** Whose fault it is, with what speaks for it, and what would decide it when that is open. */
export const VerdictPanel = ({ verdict }: { readonly verdict: Verdict | undefined }) => (
  <section class="panel dry">
    <div class="panel-head ruled">
      <h2>Verdict</h2>
      {verdict ? <span class="ink3">judged {when(verdict.at, now.value, zone.value)}</span> : null}
    </div>
    {verdict ? (
      <Judged verdict={verdict} />
    ) : (
      <Empty title="Not judged yet">The first verdict comes some seconds after an incident opens.</Empty>
    )}
  </section>
);

const Judged = ({ verdict }: { readonly verdict: Verdict }) => (
  <>
    <p class="panel-body">
      <b class="strong">{OUTCOME_WORDS[verdict.outcome]}</b>
      {verdict.since === null ? null : <span class="ink2"> since {clock(verdict.since, zone.value)}</span>}
    </p>
    {verdict.suspects.length > 0 ? (
      <ol class="rows" aria-label="Suspects, the most probable first">
        {verdict.suspects.map((suspect) => (
          <li key={`${suspect.class} ${suspect.element}`} class="row line tall">
            <span class="two grow">
              <span class="name">{nameOf(suspect.element)}</span>
              <small>{CLASS_WORDS[suspect.class]}</small>
            </span>
            <span class="ink2 small">{Math.round(100 * suspect.confidence)} %</span>
          </li>
        ))}
      </ol>
    ) : null}
    {verdict.evidence.length > 0 ? <p class="panel-body small">What speaks for {nameOf(verdict.suspects[0]?.element ?? 'it')}:</p> : null}
    {verdict.evidence.length > 0 ? (
      <ul class="rows" aria-label="Evidence">
        {verdict.evidence.map(({ text, supports }) => (
          <li key={text} class="row line">
            <Glyph shape={supports ? 'ok' : 'pending'} />
            <span class="small grow">
              {text}
              {supports ? null : <span class="ink3"> (speaks against it)</span>}
            </span>
          </li>
        ))}
      </ul>
    ) : null}
    {verdict.deciding.length > 0 ? (
      <>
        <p class="panel-body small">What would decide it, the most telling first:</p>
        <ul class="rows" aria-label="What would decide it">
          {verdict.deciding.map(({ kind, agent, target, parts }) => (
            <li key={`${kind} ${agent} ${target}`} class="row line tall">
              <span class="two grow">
                <span>
                  {kind === 'trace' ? 'a trace' : 'a measurement'} from <b class="name">{agent}</b> to <b class="name">{target}</b>
                </span>
                <small>parts {parts.map((side) => side.map(nameOf).join(', ')).join(' from ')}</small>
              </span>
            </li>
          ))}
        </ul>
      </>
    ) : null}
  </>
);
