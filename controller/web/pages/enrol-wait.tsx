import type { AgentView } from '../../../protocol/api.ts';
import { PairSpark } from '../charts/pair-spark.tsx';
import type { TokenCreated } from '../data/contract.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { useAgents, usePairs } from '../data/lists.ts';
import { delayText, plural, signed } from '../format/quantity.ts';
import { clockSeconds, duration } from '../format/time.ts';
import { Empty, Link } from '../parts/basics.tsx';
import { type Step, Steps } from '../parts/steps.tsx';

/** Waits live for the first contact: whoever enrols after the token was made is the one. */
export const EnrolWait = ({ token }: { readonly token: TokenCreated | null }) => {
  const agents = useAgents();
  if (!token)
    return (
      <section class="panel dry">
        <Empty title="Then it appears here">Make a token and run the command. This panel shows each step as the host takes it.</Empty>
      </section>
    );
  const came = (agents.rows ?? [])
    .filter((agent) => agent.enrolledAt >= token.createdAt - 1000)
    .toSorted((a, b) => b.enrolledAt - a.enrolledAt);
  return (
    <section class="panel dry" aria-live="polite">
      {came.length === 0 ? <Waiting token={token} /> : came.map((agent) => <Arrival key={agent.id} agent={agent} token={token} />)}
    </section>
  );
};

const Waiting = ({ token }: { readonly token: TokenCreated }) => (
  <section>
    <h2 class="hero">Waiting for first contact</h2>
    <p class="ink2">For {duration(Math.max(1000, now.value - token.createdAt))}. You may close this page: the host enrols without it.</p>
    <Steps
      steps={[
        { name: 'Certificate matches the pin, token taken', state: 'now', detail: 'run the command on the host' },
        { name: 'Connected', state: 'later', detail: 'MQTT over TLS, own topics only' },
        { name: 'Configuration applied', state: 'later', detail: 'signed here, checked there' },
        { name: 'First round', state: 'later', detail: 'within its interval' },
      ]}
    />
  </section>
);

const Arrival = ({ agent, token }: { readonly agent: AgentView; readonly token: TokenCreated }) => {
  const pairs = usePairs({ agent: agent.id });
  const measured = pairs.rows?.filter((pair) => pair.at !== null) ?? [];
  const [first] = measured;
  const connected = agent.state === 'online' || agent.state === 'degraded';
  const applied = agent.appliedRevision !== null;
  const { status } = agent;
  const next = (done: boolean, before: boolean): Step['state'] => (done ? 'done' : before ? 'now' : 'later');
  const steps: Step[] = [
    {
      name: 'Token taken, identity given',
      state: 'done',
      detail: 'certificate renews by itself',
      at: clockSeconds(agent.enrolledAt, zone.value),
    },
    { name: 'Connected', state: next(connected, true), detail: 'MQTT over TLS, own topics only' },
    {
      name: 'Clock',
      state: status?.clock ? (Math.abs(status.clock.offsetMs) > 1000 ? 'warning' : 'done') : next(false, connected),
      detail: status?.clock
        ? `${signed(status.clock.offsetMs)} ± ${status.clock.boundMs.toFixed(1)} ms; its rounds carry this controller's time`
        : 'measured against this controller',
    },
    {
      name: 'Raw ICMP',
      state: status ? (status.health.icmp === 'ok' ? 'done' : status.health.icmp === 'starting' ? 'now' : 'failed') : 'later',
      detail:
        status?.health.detail ??
        (status?.health.icmp === 'no-permission' ? 'CAP_NET_RAW is missing: run it as root, or setcap cap_net_raw+ep' : 'v4 and v6'),
    },
    {
      name: agent.appliedRevision === null ? 'Configuration applied' : `Revision ${agent.appliedRevision} applied`,
      state: agent.rejected ? 'failed' : next(applied, connected),
      detail: agent.rejected ? `rejected: ${agent.rejected.reason}` : plural(agent.tasks, 'task'),
    },
    {
      name: 'First round',
      state: next(first !== undefined, applied),
      detail: first
        ? `${first.targetName}: ${first.medianMs === null ? 'no reply' : delayText(first.medianMs)}`
        : agent.tasks === 0 && applied
          ? 'no target selects it yet'
          : 'within its interval',
    },
  ];
  return (
    <section>
      <h2 class="hero">{first ? `${agent.id} is measuring` : connected ? `${agent.id} is connected` : `${agent.id} is enrolled`}</h2>
      <p class="ink2">
        {first?.at
          ? `First round ${duration(Math.max(0, first.at - token.createdAt))} after the token.`
          : `Enrolled ${duration(now.value - agent.enrolledAt)} ago.`}
      </p>
      <Steps steps={steps} />
      {first ? <PairSpark pair={first} over={{ kind: 'last', ms: 300_000 }} columns={300} height={80} /> : null}
      <div class="button-row">
        <Link to={`/fleet/${agent.id}`} class="button primary">
          Open {agent.id}
        </Link>
      </div>
    </section>
  );
};
