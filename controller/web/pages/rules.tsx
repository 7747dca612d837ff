import { useState } from 'preact/hooks';
import type { NotifierView } from '../../../protocol/notify-api.ts';
import type { Rule } from '../../../protocol/rule.ts';
import { useResource } from '../data/resource.ts';
import { Empty, Failure, Link, Skeleton } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { RuleForm } from './rule-form.tsx';
import { RuleTable } from './rule-table.tsx';

export const RulesPage = () => {
  const rules = useResource<{ rules: Rule[] }>('/rules');
  const notifiers = useResource<{ notifiers: NotifierView[] }>('/notifiers');
  const [editing, setEditing] = useState<Rule | 'new' | null>(null);
  const known = notifiers.data?.notifiers ?? [];
  return (
    <Frame
      title="Rules"
      tools={
        <button type="button" class="button primary" onClick={() => setEditing('new')}>
          <Icon name="plus" size={14} /> Add rule
        </button>
      }
    >
      <div class="stack">
        {editing ? (
          <RuleForm
            key={editing === 'new' ? 'new' : editing.id}
            rule={editing === 'new' ? null : editing}
            notifiers={known}
            onClose={() => setEditing(null)}
            onSaved={() => {
              setEditing(null);
              rules.reload();
            }}
          />
        ) : null}
        <section class="panel scroll-x">
          <div class="panel-head">
            <h2>Rules</h2>
            <span class="ink3">judged on event time</span>
          </div>
          {rules.data ? (
            <RuleTable rules={rules.data.rules} onEdit={setEditing} onChanged={rules.reload} />
          ) : rules.error ? (
            <Failure error={rules.error} retry={rules.reload} />
          ) : (
            <Skeleton rows={3} />
          )}
        </section>
        <NotifierPanel notifiers={known} />
      </div>
    </Frame>
  );
};

/** Who can be told; changed on a page of its own. */
const NotifierPanel = ({ notifiers }: { readonly notifiers: readonly NotifierView[] }) => (
  <section class="panel dry">
    <div class="panel-head ruled">
      <h2>Notifiers</h2>
      <span class="grow" />
      <Link to="/notifiers" class="button tiny">
        {notifiers.length === 0 ? 'Add notifier' : 'Change'}
      </Link>
    </div>
    {notifiers.length === 0 ? (
      <Empty title="Nobody is told yet">A notifier gets each incident when it opens and when it resolves, retried until it is taken.</Empty>
    ) : null}
    <ul class="rows">
      {notifiers.map((notifier) => (
        <li key={notifier.id} class="row line tall">
          <Glyph shape={notifier.health.state === 'failing' ? 'firing' : 'ok'} />
          <span class="two grow">
            <span class="name">{notifier.id}</span>
            <small class="cut">{notifier.kind}</small>
          </span>
        </li>
      ))}
    </ul>
  </section>
);
