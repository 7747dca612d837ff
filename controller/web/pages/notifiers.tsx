import { useState } from 'preact/hooks';
import type {
  DeliveryList as DeliveryListSchema,
  NotifierTest,
  NotifierView,
  RouteList as RouteListSchema,
} from '../../../protocol/notify-api.ts';
import type { WatchdogView } from '../../../protocol/watchdog.ts';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { who } from '../data/session.ts';
import { plural } from '../format/quantity.ts';
import { ago } from '../format/time.ts';
import { Dialog, Empty, Failure, Skeleton } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph, type Shape } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { Deliveries } from './deliveries.tsx';
import { addressOf, KINDS } from './notifier-fields.ts';
import { NotifierForm, Tested } from './notifier-form.tsx';
import { RoutesPanel } from './routes.tsx';
import { WatchdogPanel } from './watchdog-panel.tsx';

type DeliveryList = (typeof DeliveryListSchema)['_output'];
type RouteList = (typeof RouteListSchema)['_output'];

const healthShape: { readonly [S in NotifierView['health']['state']]: Shape } = { ok: 'ok', failing: 'firing', unused: 'off' };

export const NotifiersPage = () => {
  const { data, error, reload } = useResource<{ notifiers: NotifierView[] }>('/notifiers');
  const routes = useResource<RouteList>('/routes');
  const watchdog = useResource<WatchdogView>('/watchdog');
  const [editing, setEditing] = useState<NotifierView | 'new' | null>(null);
  const [opened, open] = useState<string | null>(null);
  const done = (): void => {
    setEditing(null);
    reload();
  };
  const isAdmin = who.value.state === 'in' && who.value.session.user.role === 'admin';
  if (!isAdmin)
    return (
      <Frame title="Notifiers">
        <section class="panel">
          <Empty title="Only admins see notifiers">Their addresses may be secrets. Ask an admin, or sign in as one.</Empty>
        </section>
      </Frame>
    );
  return (
    <Frame
      title="Notifiers"
      tools={
        <button type="button" class="button primary" onClick={() => setEditing('new')}>
          <Icon name="plus" size={14} /> Add notifier
        </button>
      }
    >
      <div class="editor">
        <div class="stack">
          <section class="panel dry">
            <div class="panel-head ruled">
              <h2>Notifiers</h2>
              <span class="ink3">told at least once, each news by one key</span>
            </div>
            {data ? (
              <NotifierRows notifiers={data.notifiers} opened={opened} onOpen={open} onEdit={setEditing} onChanged={reload} />
            ) : error ? (
              <Failure error={error} retry={reload} />
            ) : (
              <Skeleton rows={3} />
            )}
          </section>
          {routes.data ? (
            <RoutesPanel
              key={JSON.stringify(routes.data)}
              routes={routes.data.routes}
              notifiers={(data?.notifiers ?? []).map(({ id }) => id)}
              onSaved={routes.reload}
            />
          ) : null}
          {watchdog.data ? (
            <WatchdogPanel
              key={JSON.stringify([watchdog.data.agents, watchdog.data.notifiers, watchdog.data.heartbeat?.host])}
              view={watchdog.data}
              notifiers={data?.notifiers ?? []}
              onSaved={watchdog.reload}
            />
          ) : null}
        </div>
        {editing ? (
          <NotifierForm
            key={editing === 'new' ? 'new' : editing.id}
            notifier={editing === 'new' ? null : editing}
            onSaved={done}
            onClose={() => setEditing(null)}
          />
        ) : opened ? (
          <Sent notifier={opened} onClose={() => open(null)} />
        ) : null}
      </div>
    </Frame>
  );
};

const NotifierRows = ({
  notifiers,
  opened,
  onOpen,
  onEdit,
  onChanged,
}: {
  readonly notifiers: readonly NotifierView[];
  readonly opened: string | null;
  readonly onOpen: (id: string) => void;
  readonly onEdit: (notifier: NotifierView) => void;
  readonly onChanged: () => void;
}) => {
  const [result, setResult] = useState<{ id: string; test: NotifierTest | null; failed: ApiError | null } | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const test = (id: string): void => {
    setResult({ id, test: null, failed: null });
    request<NotifierTest>('POST', `/notifiers/${id}/test`).then(
      (answer) => setResult({ id, test: answer, failed: null }),
      (error: unknown) => setResult({ id, test: null, failed: error instanceof ApiError ? error : null }),
    );
  };
  const remove = (id: string): void => {
    setRemoving(null);
    request('DELETE', `/notifiers/${id}`).then(onChanged, (error: unknown) =>
      setResult({ id, test: null, failed: error instanceof ApiError ? error : null }),
    );
  };
  if (notifiers.length === 0)
    return (
      <Empty title="Nobody is told yet">
        A notifier gets each incident when it opens, becomes worse and resolves, retried until it is taken: by mail, Slack, PagerDuty,
        Telegram, MQTT or a webhook.
      </Empty>
    );
  return (
    <ul class="rows">
      {notifiers.map((notifier) => (
        <li key={notifier.id}>
          <div class="row line tall">
            <Glyph shape={healthShape[notifier.health.state]} />
            <button type="button" class="two grow as-text" aria-expanded={opened === notifier.id} onClick={() => onOpen(notifier.id)}>
              <span class="name">{notifier.id}</span>
              <small class="cut">
                {KINDS[notifier.kind as keyof typeof KINDS].name} {addressOf(notifier)}
              </small>
            </button>
            <small class="ink3 phone-off cut">{healthWords(notifier)}</small>
            <button type="button" class="button tiny" onClick={() => test(notifier.id)}>
              Test
            </button>
            <button type="button" class="button quiet tiny" onClick={() => onEdit(notifier)}>
              Edit
            </button>
            <button type="button" class="button quiet tiny" onClick={() => setRemoving(notifier.id)}>
              Remove
            </button>
          </div>
          {result?.id === notifier.id ? (
            result.test ? (
              <Tested result={result.test} />
            ) : result.failed ? (
              <Failure error={result.failed} />
            ) : (
              <p class="note ink3" role="status">
                Sending a test…
              </p>
            )
          ) : null}
        </li>
      ))}
      {removing ? (
        <Dialog title={`Remove ${removing}?`} action="Remove" danger onDone={() => remove(removing)} onClose={() => setRemoving(null)}>
          What still waits for it is not sent.
        </Dialog>
      ) : null}
    </ul>
  );
};

const healthWords = ({ health }: NotifierView): string => {
  if (health.state === 'failing') return `${health.error ?? 'not taken'}${health.waiting > 0 ? `, ${health.waiting} waiting` : ''}`;
  return health.deliveredAt === null ? 'nothing sent yet' : `delivered ${ago(health.deliveredAt, now.value, zone.value)}`;
};

/** What one notifier was sent, each attempt. */
const Sent = ({ notifier, onClose }: { readonly notifier: string; readonly onClose: () => void }) => {
  const { data, error, reload } = useResource<DeliveryList>(`/notifiers/${notifier}/deliveries?limit=50`);
  return (
    <section class="panel dry">
      <div class="panel-head ruled">
        <h2>Sent to {notifier}</h2>
        <span class="ink3">{data ? plural(data.deliveries.length, 'message') : ''}</span>
        <span class="grow" />
        <button type="button" class="button quiet tiny" aria-label="Close" onClick={onClose}>
          <Icon name="cross" size={14} />
        </button>
      </div>
      {data ? (
        <Deliveries deliveries={data.deliveries} by="incident" />
      ) : error ? (
        <Failure error={error} retry={reload} />
      ) : (
        <Skeleton rows={3} />
      )}
    </section>
  );
};
