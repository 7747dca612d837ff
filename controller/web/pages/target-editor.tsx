import { useEffect, useState } from 'preact/hooks';
import type { Target } from '../../../protocol/target.ts';
import type { TargetView } from '../../../protocol/api.ts';
import { ApiError, request } from '../data/api.ts';
import { go } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { Dialog, Failure, Skeleton } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { DryRunPanel, useDryRun } from './dry-run.tsx';
import { SavedPanel } from './saved-panel.tsx';
import { emptyForm, faultsOf, type FieldName, type FormFault, fromTarget, type TargetForm, toTarget } from './target-form.ts';
import { TargetFields } from './target-fields.tsx';
import { TargetPairs } from './target-pairs.tsx';

const crumb = { to: '/targets', name: 'Targets' };

export const TargetEditorPage = ({ id }: { readonly id: string | null }) => {
  const { data, error, reload } = useResource<TargetView>(id === null ? null : `/targets/${encodeURIComponent(id)}`);
  if (id !== null && !data)
    return (
      <Frame title={id} crumb={crumb}>
        <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton />}</section>
      </Frame>
    );
  return <Editor key={id ?? 'new'} id={id} target={data} />;
};

const asTarget = ({ id, name, address, family, labels, agents, tasks }: TargetView): Target => ({
  id,
  name,
  address,
  family,
  labels,
  agents,
  tasks,
});

interface SavedState {
  readonly revision: number;
  readonly agents: readonly string[];
  readonly id: string;
}

const Editor = ({ id, target }: { readonly id: string | null; readonly target: TargetView | null }) => {
  const base = target ? asTarget(target) : undefined;
  const [form, setForm] = useState<TargetForm>(base ? fromTarget(base) : emptyForm);
  const [left, setLeft] = useState<ReadonlySet<FieldName>>(new Set(base ? (Object.keys(emptyForm) as FieldName[]) : []));
  const [saved, setSaved] = useState<SavedState | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [removing, setRemoving] = useState(false);
  const [lastGood, setLastGood] = useState<TargetForm | null>(base ? fromTarget(base) : null);
  const faults = faultsOf(form);
  useEffect(() => {
    if (faults.length === 0) setLastGood(form);
  }, [form]);
  const counted = faults.length === 0 ? form : lastGood;
  const dry = useDryRun(counted ? toTarget(counted, id, base) : null);
  const changed = JSON.stringify(form) !== JSON.stringify(base ? fromTarget(base) : emptyForm);
  const change = (part: Partial<TargetForm>): void => {
    setForm({ ...form, ...part });
    setSaved(null);
    setFailed(null);
  };
  const save = async (): Promise<void> => {
    const body = toTarget(form, id, base);
    try {
      const answer = await request<{ revision: number; agents: string[] }>(
        id === null ? 'POST' : 'PUT',
        id === null ? '/targets' : `/targets/${encodeURIComponent(id)}`,
        body,
      );
      setSaved({ ...answer, id: body.id });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  const title = target?.name ?? (form.address || 'New target');
  return (
    <Frame
      crumb={crumb}
      title={
        <>
          <span class="cut">{title}</span>
          <span class="chip phone-off">
            {saved ? `revision ${saved.revision}` : id === null ? 'not saved' : changed ? 'changed' : 'saved'}
          </span>
        </>
      }
      tools={
        id === null ? null : (
          <button type="button" class="button" onClick={() => setRemoving(true)}>
            Remove…
          </button>
        )
      }
    >
      <div class="editor">
        <form
          class="panel"
          onSubmit={(event) => {
            event.preventDefault();
            setLeft(new Set(Object.keys(emptyForm) as FieldName[]));
            if (faults.length === 0 && !saved) void save();
          }}
        >
          <div class="panel-head ruled">
            <h2>Target</h2>
            <span class="ink3">what to measure, from where, how often</span>
          </div>
          <TargetFields
            form={form}
            faults={faults}
            left={left}
            isNew={id === null}
            agents={dry.data}
            onChange={change}
            onLeave={(field) => setLeft(new Set([...left, field]))}
          />
          {failed ? (
            <Failure error={failed} holds={(failed.problem.errors ?? []).map((one) => one.message).join(' ') || 'Nothing was changed.'} />
          ) : null}
          <SaveBar
            faults={faults.filter((fault) => left.has(fault.field))}
            ready={faults.length === 0 && (changed || id === null) && !saved}
            over={dry.data && !dry.data.ok ? (dry.data.problems[0]?.message ?? 'over a limit') : null}
            saved={saved}
            isNew={id === null}
          />
        </form>
        {saved ? <SavedPanel saved={saved} name={title} /> : <DryRunPanel dry={dry} stale={faults.length > 0} counted={counted} />}
      </div>
      {id !== null ? <TargetPairs id={id} /> : null}
      {removing && id !== null ? <Remove id={id} name={title} onClose={() => setRemoving(false)} /> : null}
    </Frame>
  );
};

const SaveBar = ({
  faults,
  ready,
  over,
  saved,
  isNew,
}: {
  readonly faults: readonly FormFault[];
  readonly ready: boolean;
  readonly over: string | null;
  readonly saved: SavedState | null;
  readonly isNew: boolean;
}) => (
  <div class="save-bar ruled-top">
    <button type="submit" class="button primary big" disabled={!ready || over !== null}>
      {isNew ? 'Save target' : 'Save change'}
    </button>
    {faults.length > 0 ? (
      <span class="row small name">
        <Glyph shape="firing" size={9} />
        {faults.length === 1
          ? `one field to mend: ${faults[0]?.field}`
          : `${faults.length} fields to mend: ${[...new Set(faults.map((fault) => fault.field))].join(', ')}`}
      </span>
    ) : over ? (
      <span class="row small name">
        <Glyph shape="firing" size={9} />
        {over}
      </span>
    ) : null}
    <span class="grow" />
    {saved ? (
      <button type="button" class="button" onClick={() => go(`/targets/${saved.id}`)}>
        Open target
      </button>
    ) : (
      <button type="button" class="button quiet" onClick={() => go('/targets')}>
        Discard
      </button>
    )}
  </div>
);

const Remove = ({ id, name, onClose }: { readonly id: string; readonly name: string; readonly onClose: () => void }) => {
  const [failed, setFailed] = useState<ApiError | null>(null);
  const remove = async (): Promise<void> => {
    try {
      await request('DELETE', `/targets/${encodeURIComponent(id)}`);
      go('/targets');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <Dialog title={`Remove ${name}?`} action="Remove" danger typed={id} onDone={() => void remove()} onClose={onClose}>
      <p>Its agents stop measuring it with the next revision. What was measured stays.</p>
      {failed ? <Failure error={failed} /> : null}
    </Dialog>
  );
};
