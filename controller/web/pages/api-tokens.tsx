import { useState } from 'preact/hooks';
import type { ApiTokenScope, ApiTokenView } from '../../../protocol/api-tokens.ts';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { count } from '../format/quantity.ts';
import { ago, duration } from '../format/time.ts';
import { Command, Dialog, Empty, Failure, Skeleton } from '../parts/basics.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { Frame } from '../shell/frame.tsx';

type Created = ApiTokenView & { readonly token: string };

const EXPIRIES = [
  ['never', 'when it is revoked'],
  ['7776000000', 'in 90 days'],
  ['31536000000', 'in a year'],
  ['86400000', 'in a day'],
] as const;
const SCOPES = [
  ['read', 'read: whatever a viewer sees'],
  ['write', 'write: targets, incidents and series too'],
] as const;

/** Tokens for programs: made, shown once, listed, revoked. */
export const ApiTokensPage = () => {
  const tokens = useResource<{ tokens: ApiTokenView[] }>('/api-tokens');
  return (
    <Frame title="API tokens">
      <div class="editor">
        <section class="panel scroll-x">
          <div class="panel-head">
            <h2>Tokens</h2>
            <span class="ink3">for Grafana, Telegraf and scripts</span>
          </div>
          {tokens.data ? (
            <TokenTable tokens={tokens.data.tokens} onChanged={tokens.reload} />
          ) : tokens.error ? (
            <Failure error={tokens.error} retry={tokens.reload} holds="Only admins see tokens." />
          ) : (
            <Skeleton rows={3} />
          )}
        </section>
        <MakeToken onMade={tokens.reload} />
      </div>
    </Frame>
  );
};

const TokenTable = ({ tokens, onChanged }: { readonly tokens: readonly ApiTokenView[]; readonly onChanged: () => void }) => {
  const [revoking, setRevoking] = useState<ApiTokenView | null>(null);
  if (tokens.length === 0)
    return <Empty title="No token yet">A token lets a program use the API without a session, to read or to write too.</Empty>;
  return (
    <>
      <table class="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>May</th>
            <th>Ends</th>
            <th class="phone-off">Used</th>
            <th class="phone-off n">Series</th>
            <th class="phone-off">Made by</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td class={isGood(token) ? 'name' : 'ink3'}>
                {token.name} <code class="small ink3">{token.id}</code>
              </td>
              <td>{token.scope}</td>
              <td class="ink2">{endOf(token)}</td>
              <td class="phone-off ink2">{token.usedAt === null ? 'never' : ago(token.usedAt, now.value, zone.value)}</td>
              <td
                class={isFull(token) ? 'phone-off n glyph bad' : 'phone-off n ink2'}
                title="written under this name, of how many there may be"
              >
                {token.series === null ? '' : `${count(token.series.used)} of ${count(token.series.budget)}`}
              </td>
              <td class="phone-off ink2">{token.createdBy}</td>
              <td class="n">
                {isGood(token) ? (
                  <button type="button" class="button quiet tiny" onClick={() => setRevoking(token)}>
                    Revoke
                  </button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {revoking ? (
        <Dialog
          title={`Revoke ${revoking.name}?`}
          action="Revoke"
          danger
          onClose={() => setRevoking(null)}
          onDone={() => {
            setRevoking(null);
            void request('DELETE', `/api-tokens/${encodeURIComponent(revoking.id)}`).then(onChanged, onChanged);
          }}
        >
          Whatever uses it is refused from now on. It cannot be undone; make a new one instead.
        </Dialog>
      ) : null}
    </>
  );
};

const isGood = ({ revokedAt, expiresAt }: ApiTokenView): boolean => revokedAt === null && (expiresAt === null || expiresAt > now.value);

const isFull = ({ series }: ApiTokenView): boolean => series !== null && series.used >= series.budget;

const endOf = (token: ApiTokenView): string => {
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt === null) return 'when revoked';
  return token.expiresAt <= now.value ? 'over' : `in ${duration(token.expiresAt - now.value)}`;
};

const MakeToken = ({ onMade }: { readonly onMade: () => void }) => {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<ApiTokenScope>('read');
  const [expires, setExpires] = useState<(typeof EXPIRIES)[number][0]>('never');
  const [made, setMade] = useState<Created | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const make = async (): Promise<void> => {
    setFailed(null);
    try {
      const expiresInMs = expires === 'never' ? null : Number(expires);
      setMade(await request<Created>('POST', '/api-tokens', { name, scope, expiresInMs }));
      setName('');
      onMade();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Make a token</h2>
      </div>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField label="Name" value={name} onChange={setName} placeholder="Grafana" help="What uses it: the audit log names it so." />
        <SelectField label="It may" value={scope} options={SCOPES} onChange={setScope} />
        <SelectField label="It ends" value={expires} options={EXPIRIES} onChange={setExpires} />
        <div>
          <button type="submit" class="button primary" disabled={name.trim() === ''}>
            Make token
          </button>
        </div>
        {failed ? <Failure error={failed} /> : null}
        {made ? (
          <div>
            <p class="row small">
              <span class="chip">shown once</span> {made.name}
            </p>
            <Command>{made.token}</Command>
            <p class="small ink3">Send it as "Authorization: Bearer …", or to InfluxDB's paths as "Token …". Only its hash is kept here.</p>
          </div>
        ) : null}
      </form>
    </section>
  );
};
