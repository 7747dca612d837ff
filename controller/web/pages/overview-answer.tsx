import type { AgentView, IncidentView, PairView } from '../../../protocol/api.ts';
import { PairSpark } from '../charts/pair-spark.tsx';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { useHistory } from '../data/history.ts';
import { zone } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { delayText, lossText, unbroken } from '../format/quantity.ts';
import { clockSeconds, duration, when } from '../format/time.ts';
import { Link } from '../parts/basics.tsx';
import { Chain } from '../parts/chain.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';
import { answerOf, chainOf } from './answer.ts';
import { pairLink } from './pair-table.tsx';

interface Props {
  readonly pairs: readonly PairView[];
  readonly agents: readonly AgentView[];
  readonly incidents: readonly IncidentView[];
}

/** The answer is a sentence; the chain and a picture prove it. */
export const FirstAnswer = ({ pairs, agents, incidents }: Props) => {
  const answer = answerOf(pairs, agents, incidents);
  const [incident] = incidents;
  const shown = worthShowing(pairs, incident);
  return (
    <section class="panel answer">
      <div class="main">
        <p class="row small">
          <Glyph shape={answer.shape} />
          <b class="strong">{answer.word}</b>
          <Since incident={incident} agents={agents} />
        </p>
        <h2 class="sentence">{unbroken(answer.sentence)}</h2>
        <Chain nodes={chainOf(pairs, agents)} />
        {incident ? <IncidentActions incident={incident} /> : null}
      </div>
      {shown && (incident || shown.state !== 'ok') ? <Proof pair={shown} /> : shown ? <Knows pair={shown} agents={agents} /> : null}
    </section>
  );
};

const worthShowing = (pairs: readonly PairView[], incident: IncidentView | undefined): PairView | undefined => {
  const member = incident?.members[0];
  return pairs.find((pair) => member && pair.agent === member.agent && pair.target === member.target) ?? pairs[0];
};

const Since = ({ incident, agents }: { readonly incident: IncidentView | undefined; readonly agents: readonly AgentView[] }) => {
  if (incident)
    return (
      <span class="ink2">
        since {when(incident.openedAt, now.value, zone.value)}, {duration(now.value - incident.openedAt)}
      </span>
    );
  const [first] = agents;
  if (!first) return null;
  return (
    <span class="ink2">
      {agents.length === 1
        ? `${first.id}${first.since === null ? '' : ` for ${duration(now.value - first.since)}`}`
        : `from ${agents.filter((agent) => agent.state === 'online').length} agents`}
    </span>
  );
};

export const acknowledge = (id: number): void =>
  void request('POST', `/incidents/${id}/acknowledge`).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
  });

const IncidentActions = ({ incident }: { readonly incident: IncidentView }) => (
  <div class="row wrap actions">
    <Link to={`/incidents/${incident.id}`} class="button primary">
      Open incident
    </Link>
    {incident.acknowledgedAt === null ? (
      <button type="button" class="button" onClick={() => acknowledge(incident.id)}>
        <Icon name="check" /> Acknowledge
      </button>
    ) : null}
    <span class="grow" />
    <span class="ink2 small">
      Felt by <b class="strong">{new Set(incident.members.map((member) => member.agent)).size}</b> agents,{' '}
      <b class="strong">{incident.members.length}</b> pairs
    </span>
  </div>
);

/** The worst pair's own smoke. */
const Proof = ({ pair }: { readonly pair: PairView }) => (
  <Link to={pairLink(pair)} class="side proof">
    <span class="row">
      <span class="name cut">
        {pair.agent} → {pair.targetName}
      </span>
      <span class="grow" />
      <span class="ink2 small nowrap">
        now <b class="strong ink">{pair.medianMs === null ? 'no reply' : delayText(pair.medianMs)}</b>
        {pair.lossRatio ? `, loses ${lossText(pair.lossRatio)}` : ''}
      </span>
    </span>
    <PairSpark pair={pair} height={120} columns={300} />
  </Link>
);

const enoughRounds = 10;

/** What is not known yet says when. */
const Knows = ({ pair, agents }: { readonly pair: PairView; readonly agents: readonly AgentView[] }) => {
  const { data } = useHistory(pair.agent, pair.task, { kind: 'last', ms: 300_000 }, 300);
  const rules = useResource<{ rules: { enabled: boolean; forMs: number }[] }>('/rules');
  const first = data?.measuredSince ?? data?.columns[0]?.at ?? null;
  const rounds = first === null ? 0 : Math.floor((now.value - first) / pair.intervalMs);
  const active = rules.data?.rules.filter((rule) => rule.enabled) ?? [];
  return (
    <div class="side knows">
      <h3 class="name">What Sonde knows by when</h3>
      <ul>
        <Known
          name="First round"
          done={first !== null}
          when={
            first === null
              ? `in ${duration(pair.intervalMs)}`
              : when(first, now.value, zone.value) === clockSeconds(first, zone.value).slice(0, 5)
                ? clockSeconds(first, zone.value)
                : when(first, now.value, zone.value)
          }
        />
        <Known
          name="Smoke worth reading"
          done={rounds >= enoughRounds}
          when={rounds >= enoughRounds ? `${enoughRounds} rounds` : `10 rounds, in ${duration((enoughRounds - rounds) * pair.intervalMs)}`}
        />
        <Known
          name="Whom to tell"
          done={active.length > 0}
          when={active.length > 0 ? `${active.length} ${active.length === 1 ? 'rule' : 'rules'} on` : 'needs a rule'}
        />
        <Known
          name="Path or target"
          done={agents.length > 1}
          when={agents.length > 1 ? `${agents.length} agents` : 'needs a second agent'}
        />
      </ul>
    </div>
  );
};

const Known = ({ name, done, when: text }: { readonly name: string; readonly done: boolean; readonly when: string }) => (
  <li class={done ? '' : 'ink2'}>
    {done ? <Icon name="check" size={14} /> : <Glyph shape="waiting" />}
    <span>{name}</span>
    <span class="ink3 small">{text}</span>
  </li>
);
