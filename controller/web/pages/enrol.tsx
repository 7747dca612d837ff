import { useState } from 'preact/hooks';
import type { TokenCreated, TokenView } from '../data/contract.ts';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { useAgents } from '../data/lists.ts';
import { useResource } from '../data/resource.ts';
import { duration } from '../format/time.ts';
import { Command, Empty, Failure, Labels } from '../parts/basics.tsx';
import { SelectField } from '../parts/field.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { Frame } from '../shell/frame.tsx';
import { EnrolWait } from './enrol-wait.tsx';
import { labelFault } from './target-form.ts';

const uses = [
  ['1', '1'],
  ['3', '3'],
  ['10', '10'],
  ['100', '100'],
  ['1000', '1,000'],
] as const;
const expiries = [
  ['1800000', 'in 30 min'],
  ['3600000', 'in 1 h'],
  ['86400000', 'in 24 h'],
  ['604800000', 'in 7 d'],
] as const;

export const EnrolPage = () => {
  const tokens = useResource<{ tokens: TokenView[] }>('/tokens');
  const [made, setMade] = useState<TokenCreated | null>(null);
  return (
    <Frame title="Enrol agent">
      <div class="editor enrol">
        <div class="stack">
          <Make
            made={made}
            onMade={(token) => {
              setMade(token);
              tokens.reload();
            }}
          />
          <Tokens tokens={tokens.data?.tokens ?? null} current={made?.id ?? null} onChanged={tokens.reload} />
        </div>
        <EnrolWait token={made} />
      </div>
    </Frame>
  );
};

const Make = ({ made, onMade }: { readonly made: TokenCreated | null; readonly onMade: (token: TokenCreated) => void }) => {
  const [labels, setLabels] = useState<readonly string[]>([]);
  const [times, setTimes] = useState<(typeof uses)[number][0]>('1');
  const [expires, setExpires] = useState<(typeof expiries)[number][0]>('3600000');
  const [failed, setFailed] = useState<ApiError | null>(null);
  const fault = labels.map(labelFault).find((text) => text !== null);
  const make = async (): Promise<void> => {
    setFailed(null);
    try {
      const body = {
        uses: Number(times),
        expiresInMs: Number(expires),
        labels: Object.fromEntries(labels.map((text) => text.split(/[:=]/, 2))),
      };
      onMade(await request<TokenCreated>('POST', '/tokens', body));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <section class="panel make">
      <h2 class="hero">One command on the host</h2>
      <p class="ink2">
        It checks this controller's certificate before it sends the token, makes its key there, and starts measuring. Under a minute.
      </p>
      <div class="make-fields">
        <TokenInput label="Labels given to it" placeholder="country:at" values={labels} onChange={setLabels} fault={fault ?? undefined} />
        <SelectField label="Uses" value={times} options={uses} onChange={setTimes} />
        <SelectField label="Expires" value={expires} options={expiries} onChange={setExpires} />
      </div>
      {made ? (
        <>
          <p class="row small">
            <span class="chip">shown once</span>
            <span class="grow" />
            <span class="ink3">token good for {duration(Math.max(0, made.expiresAt - now.value))}</span>
          </p>
          <Command>{made.command}</Command>
          <p class="small ink3">The key is made on the host and never leaves it. Run it twice and nothing breaks.</p>
          <div>
            <button type="button" class="button" disabled={fault !== undefined} onClick={() => void make()}>
              Another token
            </button>
          </div>
        </>
      ) : (
        <div>
          <button type="button" class="button primary" disabled={fault !== undefined} onClick={() => void make()}>
            Make token
          </button>
        </div>
      )}
      {failed ? <Failure error={failed} /> : null}
    </section>
  );
};

const Tokens = ({
  tokens,
  current,
  onChanged,
}: {
  readonly tokens: readonly TokenView[] | null;
  readonly current: string | null;
  readonly onChanged: () => void;
}) => {
  const agents = useAgents();
  const open = (tokens ?? []).filter((token) => isOpen(token));
  const revoke = (id: string): void => void request('DELETE', `/tokens/${encodeURIComponent(id)}`).then(onChanged, onChanged);
  return (
    <section class="panel scroll-x">
      <div class="panel-head">
        <h2>Tokens</h2>
        <span class="ink3">{open.length} open</span>
      </div>
      {tokens?.length === 0 ? (
        <Empty title="No token yet">A token lets hosts enrol, as often as it says, until it ends.</Empty>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th>Token</th>
              <th class="phone-off">Labels</th>
              <th>Uses</th>
              <th>Expires</th>
              <th class="phone-off">Agents</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {(tokens ?? [])
              .toSorted((a, b) => b.createdAt - a.createdAt)
              .map((token) => (
                <tr key={token.id} class={token.id === current ? 'on' : ''}>
                  <td>
                    <code class="small">{token.id}</code>
                  </td>
                  <td class="phone-off">
                    <Labels labels={token.labels} most={2} />
                  </td>
                  <td>
                    {token.uses - token.usesLeft} of {token.uses}
                  </td>
                  <td class={isOpen(token) ? '' : 'ink3'}>
                    {token.revokedAt !== null
                      ? 'revoked'
                      : token.usesLeft === 0
                        ? 'used up'
                        : token.expiresAt < now.value
                          ? 'over'
                          : `in ${duration(token.expiresAt - now.value)}`}
                  </td>
                  <td class="phone-off">
                    <span class="state">
                      <Glyph shape={token.agents.length > 0 ? 'ok' : 'waiting'} />
                      {token.agents.length === 0
                        ? 'none yet'
                        : `${token.agents.filter((id) => agents.rows?.some((agent) => agent.id === id && agent.state !== 'off')).length} of ${token.agents.length} online`}
                    </span>
                  </td>
                  <td class="n">
                    {isOpen(token) ? (
                      <button type="button" class="button quiet tiny" onClick={() => revoke(token.id)}>
                        Revoke
                      </button>
                    ) : null}
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
      <p class="panel-foot small ink3">
        <Icon name="terminal" size={14} /> Many hosts? <code>npm run controller -- token create --uses 100 --label tier=edge</code>
      </p>
    </section>
  );
};

const isOpen = (token: TokenView): boolean => token.revokedAt === null && token.usesLeft > 0 && token.expiresAt > now.value;
