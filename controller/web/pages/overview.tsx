import { useEffect, useState } from 'preact/hooks';
import type { AgentView, IncidentView, Overview, PairView } from '../../../protocol/api.ts';
import { now } from '../data/clock.ts';
import { span, usualRange, zone } from '../data/location.ts';
import { useAgents, useIncidents, usePairs, useTargets } from '../data/lists.ts';
import { useOverview } from '../data/totals.ts';
import { bytesText, count, plural, rate } from '../format/quantity.ts';
import { day, clockSeconds, duration } from '../format/time.ts';
import { CsvLink, Failure, Skeleton, Stat } from '../parts/basics.tsx';
import { pairUrgency } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { FleetField } from './fleet-field.tsx';
import { NextSteps } from './next-steps.tsx';
import { FirstAnswer } from './overview-answer.tsx';
import { PairTable } from './pair-table.tsx';

/** Worst first, then by name. */
const worstFirst = (a: PairView, b: PairView): number =>
  pairUrgency(a) - pairUrgency(b) ||
  (b.lossRatio ?? 0) - (a.lossRatio ?? 0) ||
  a.agent.localeCompare(b.agent) ||
  a.target.localeCompare(b.target);

const most = 12;
const atOnce = 60;

/** A young fleet is shown from near: its first minutes, a quarter of an hour, then the hour. */
const usualFor = (ageMs: number): number => (ageMs < 600_000 ? 300_000 : ageMs < 3_600_000 ? 900_000 : 3_600_000);

export const OverviewPage = () => {
  const overview = useOverview();
  const agents = useAgents();
  const pairs = usePairs();
  const incidents = useIncidents();
  const targets = useTargets();
  const oldest = Math.min(...(agents.rows ?? []).map((agent) => agent.enrolledAt));
  const usual = Number.isFinite(oldest) ? usualFor(now.value - oldest) : null;
  useEffect(() => {
    if (usual !== null) usualRange.value = usual;
  }, [usual]);
  const title = (
    <>
      Overview <span class="ink3 normal phone-off">{`${day(now.value, zone.value)}, ${clockSeconds(now.value, zone.value)}`}</span>
    </>
  );
  const error = pairs.error ?? agents.error;
  if (!pairs.rows || !agents.rows || !overview.data)
    return (
      <Frame title={title} timed>
        <section class="panel">{error ? <Failure error={error} retry={pairs.reload} /> : <Skeleton rows={6} />}</section>
      </Frame>
    );
  const sorted = pairs.rows.toSorted(worstFirst);
  return (
    <Frame title={title} timed>
      <FirstAnswer pairs={sorted} agents={agents.rows} incidents={openOnes(incidents.rows ?? [])} />
      <Numbers overview={overview.data} agents={agents.rows} />
      <Pairs pairs={sorted} overview={overview.data} />
      {agents.rows.length > 1 ? <FleetField agents={agents.rows} pairs={pairs.rows} /> : null}
      <NextSteps agents={agents.rows.length} targets={targets.rows?.length ?? 0} />
      <Foot overview={overview.data} pairs={pairs.rows} />
    </Frame>
  );
};

const openOnes = (incidents: readonly IncidentView[]): IncidentView[] => incidents.filter((incident) => incident.state === 'firing');

const Numbers = ({ overview, agents }: { readonly overview: Overview; readonly agents: readonly AgentView[] }) => {
  const { degraded, off } = overview.agents;
  const trouble = [degraded > 0 ? `${degraded} degraded` : '', off > 0 ? `${off} off` : ''].filter(Boolean).join(', ');
  const grey = Math.min(overview.targets.grey, overview.targets.total - overview.targets.ok);
  const silent = overview.targets.total - overview.targets.ok - grey;
  return (
    <dl class="stats wide">
      <Stat
        label="Agents online"
        value={count(overview.agents.online)}
        unit={`of ${count(overview.agents.total)}`}
        below={trouble || 'as it should be'}
      />
      <Stat
        label="Targets answering"
        value={count(overview.targets.ok)}
        unit={`of ${count(overview.targets.total)}`}
        below={
          [silent > 0 ? `${count(silent)} not` : '', grey > 0 ? `${count(grey)} never did` : ''].filter(Boolean).join(', ') ||
          'nothing is silent'
        }
      />
      <Stat label="Rounds stored" value={rate(overview.roundsPerSecond)} unit="/s" below={`${count(overview.roundsStored)} so far`} />
      <Stat
        label="Spool backlog"
        value={count(overview.spoolBacklog)}
        unit={overview.spoolBacklog === 1 ? 'round' : 'rounds'}
        below={
          overview.spoolBacklog === 0
            ? 'all delivered'
            : `on ${plural(agents.filter((agent) => (agent.status?.spool.rounds ?? 0) > 0).length, 'agent')}`
        }
      />
      <Stat
        label="Data lag"
        value={overview.lagMs === null ? '–' : (overview.lagMs / 1000).toFixed(1)}
        unit="s"
        below="newest round to store"
      />
      <Stat
        label="Open incidents"
        value={count(overview.openIncidents)}
        below={overview.openIncidents === 0 ? 'nobody is told' : 'somebody is told'}
      />
    </dl>
  );
};

const Pairs = ({ pairs, overview }: { readonly pairs: readonly PairView[]; readonly overview: Overview }) => {
  const [all, setAll] = useState(false);
  const shown = pairs.slice(0, all ? atOnce : most);
  const young = pairs.length <= most;
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>{young ? 'Live rounds' : 'Worst first'}</h2>
        <span class="ink3 cut">
          {young
            ? `last ${duration(span.value.to - span.value.from)}${span.value.to - span.value.from <= 900_000 ? ', one column a round' : ''}`
            : `${count(shown.length)} of ${count(pairs.length)} pairs`}
        </span>
        <span class="grow" />
        <span class="row small ink2 phone-off">
          <i class="live-dot" /> {count(overview.roundsStored)} rounds stored
          {overview.lagMs === null ? '' : `, lag ${(overview.lagMs / 1000).toFixed(1)} s`}
        </span>
        <CsvLink path="/pairs" tiny />
      </div>
      <PairTable pairs={shown} />
      {pairs.length > shown.length && !all ? (
        <div class="panel-head ruled-top">
          <button type="button" class="button quiet" onClick={() => setAll(true)}>
            {pairs.length > atOnce ? `The worst ${atOnce}` : `All ${count(pairs.length)} pairs`}
          </button>
        </div>
      ) : null}
    </section>
  );
};

const Foot = ({ overview, pairs }: { readonly overview: Overview; readonly pairs: readonly PairView[] }) => {
  const beyond = new Set(pairs.map((pair) => pair.address).filter((address) => !/^(127\.|::1$|localhost$)/.test(address)));
  return (
    <footer class="foot-line small ink3">
      <span>
        Everything measured lies in <code>{overview.dataDirectory}</code>, {bytesText(overview.dataBytes)} so far
      </span>
      <span class="phone-off">
        {beyond.size === 0 ? 'Nothing leaves this host' : `Nothing is sent to anyone but ${plural(beyond.size, 'address', 'addresses')}`}
      </span>
      <span class="grow" />
      <a href="/api/v1/openapi.json">
        API <code>/api/v1</code>
      </a>
      <a href="/metrics">
        Metrics <code>/metrics</code>
      </a>
    </footer>
  );
};
