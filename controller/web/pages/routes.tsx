import { useState } from 'preact/hooks';
import type { Route } from '../../../protocol/mute.ts';
import { ApiError, request } from '../data/api.ts';
import { parseDuration, writeDuration } from '../format/time.ts';
import { Empty, Failure } from '../parts/basics.tsx';
import { Check, TextField } from '../parts/field.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { readTerms, termsOf } from '../../../protocol/match-terms.ts';
import { idOf } from './target-form.ts';

interface Step {
  readonly after: string;
  readonly notifiers: readonly string[];
}
interface Draft {
  readonly name: string;
  readonly terms: readonly string[];
  readonly steps: readonly Step[];
  readonly repeat: string;
  readonly goOn: boolean;
}

const draftOf = (route: Route): Draft => ({
  name: route.name,
  terms: termsOf(route.match),
  steps: route.steps.map(({ afterMs, notifiers }) => ({ after: writeDuration(afterMs), notifiers })),
  repeat: route.repeatMs === 0 ? '' : writeDuration(route.repeatMs),
  goOn: route.goOn,
});

/** The route, or null while something in it is not understood. */
const routeOf = (draft: Draft): Route | null => {
  const read = readTerms(draft.terms);
  const repeatMs = draft.repeat.trim() === '' ? 0 : parseDuration(draft.repeat);
  const steps = draft.steps.map(({ after, notifiers }) => ({ afterMs: parseDuration(after), notifiers: [...notifiers] }));
  if (!read.ok || repeatMs === null || idOf(draft.name) === '') return null;
  const whole = steps.flatMap(({ afterMs, notifiers }) => (afterMs === null || notifiers.length === 0 ? [] : [{ afterMs, notifiers }]));
  if (whole.length < steps.length || whole.length === 0) return null;
  return { id: idOf(draft.name), name: draft.name.trim(), match: read.match, steps: whole, repeatMs, goOn: draft.goOn };
};

/** Who is told of what: the order counts, so all are edited and saved together. */
export const RoutesPanel = ({
  routes,
  notifiers,
  onSaved,
}: {
  readonly routes: readonly Route[];
  readonly notifiers: readonly string[];
  readonly onSaved: () => void;
}) => {
  const [drafts, setDrafts] = useState<readonly Draft[]>(routes.map(draftOf));
  const [failed, setFailed] = useState<ApiError | null>(null);
  const whole = drafts.flatMap((draft) => routeOf(draft) ?? []);
  const isChanged = JSON.stringify(whole) !== JSON.stringify(routes) || whole.length < drafts.length;
  const change = (index: number, next: Draft | null): void =>
    setDrafts(drafts.flatMap((draft, at) => (at === index ? (next === null ? [] : [next]) : [draft])));
  const up = (index: number): void =>
    setDrafts(
      drafts.map((draft, at) => (at === index - 1 ? (drafts[index] ?? draft) : at === index ? (drafts[index - 1] ?? draft) : draft)),
    );
  const add = (): void =>
    setDrafts([...drafts, { name: '', terms: [], steps: [{ after: '0 s', notifiers: [] }], repeat: '', goOn: false }]);
  const save = async (): Promise<void> => {
    try {
      await request('PUT', '/routes', { routes: whole });
      setFailed(null);
      onSaved();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Routes</h2>
        <span class="ink3">the first that matches holds</span>
        <span class="grow" />
        <button type="button" class="button tiny" disabled={notifiers.length === 0} onClick={add}>
          Add route
        </button>
      </div>
      {drafts.length === 0 ? (
        <Empty title="Every notifier is told of everything">
          A route sends incidents of some labels or severities to some notifiers, says it again, and goes on to the next ones while nobody
          acknowledges it. A rule that names its own notifiers goes past the routes.
        </Empty>
      ) : null}
      {drafts.map((draft, index) => (
        <RouteFields
          key={index}
          draft={draft}
          notifiers={notifiers}
          onChange={(next) => change(index, next)}
          onUp={index > 0 ? () => up(index) : null}
        />
      ))}
      {failed ? <Failure error={failed} /> : null}
      {isChanged ? (
        <div class="save-bar ruled-top">
          <button type="button" class="button primary" disabled={whole.length < drafts.length} onClick={() => void save()}>
            Save routes
          </button>
          <button type="button" class="button quiet" onClick={() => setDrafts(routes.map(draftOf))}>
            Discard
          </button>
        </div>
      ) : null}
    </section>
  );
};

const RouteFields = ({
  draft,
  notifiers,
  onChange,
  onUp,
}: {
  readonly draft: Draft;
  readonly notifiers: readonly string[];
  readonly onChange: (next: Draft | null) => void;
  readonly onUp: (() => void) | null;
}) => {
  const read = readTerms(draft.terms);
  const setStep = (index: number, step: Step | null): void =>
    onChange({ ...draft, steps: draft.steps.flatMap((one, at) => (at === index ? (step === null ? [] : [step]) : [one])) });
  return (
    <div class="panel-body fields ruled-top">
      <div class="address-row">
        <TextField label="Name" value={draft.name} placeholder="Partners" onChange={(name) => onChange({ ...draft, name })} />
        <TextField
          label="Repeats every"
          placeholder="never"
          value={draft.repeat}
          onChange={(repeat) => onChange({ ...draft, repeat })}
          fault={draft.repeat.trim() !== '' && parseDuration(draft.repeat) === null ? 'A time such as 30 min, or nothing.' : undefined}
        />
      </div>
      <TokenInput
        label="Incidents with"
        placeholder="every incident"
        values={draft.terms}
        onChange={(terms) => onChange({ ...draft, terms })}
        fault={read.ok ? undefined : read.fault}
      />
      {draft.steps.map((step, index) => (
        <div key={index} class="field">
          <div class="field-head">
            {index === 0 ? 'Tells' : 'Then, unless acknowledged'}
            {index > 0 ? (
              <button type="button" class="link-button" onClick={() => setStep(index, null)}>
                Take away
              </button>
            ) : null}
          </div>
          <div class="row wrap">
            {index > 0 ? (
              <TextField
                bare
                short
                label="After"
                value={step.after}
                onChange={(after) => setStep(index, { ...step, after })}
                fault={parseDuration(step.after) === null ? 'A time such as 15 min.' : undefined}
              />
            ) : null}
            {notifiers.map((id) => (
              <label key={id} class="row">
                <Check
                  checked={step.notifiers.includes(id)}
                  label={`${id}, step ${index + 1}`}
                  onChange={(on) =>
                    setStep(index, { ...step, notifiers: on ? [...step.notifiers, id] : step.notifiers.filter((one) => one !== id) })
                  }
                />{' '}
                {id}
              </label>
            ))}
          </div>
        </div>
      ))}
      <div class="row wrap">
        <button
          type="button"
          class="button tiny"
          onClick={() => onChange({ ...draft, steps: [...draft.steps, { after: '15 min', notifiers: [] }] })}
        >
          Add step
        </button>
        <label class="row">
          <Check checked={draft.goOn} label="Later routes too" onChange={(goOn) => onChange({ ...draft, goOn })} />{' '}
          <span class="ink2">later routes too</span>
        </label>
        <span class="grow" />
        {onUp ? (
          <button type="button" class="button quiet tiny" onClick={onUp}>
            Move up
          </button>
        ) : null}
        <button type="button" class="button quiet tiny" onClick={() => onChange(null)}>
          Remove
        </button>
      </div>
    </div>
  );
};
