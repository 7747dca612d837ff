import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { after } from './data/clock.ts';
import { go, path, usualRange } from './data/location.ts';
import { learn, setup, who } from './data/session.ts';
import { followTotals } from './data/totals.ts';
import { AgentPage } from './pages/agent.tsx';
import { ApiTokensPage } from './pages/api-tokens.tsx';
import { DevicePage } from './pages/device.tsx';
import { DeviceEditorPage } from './pages/device-editor.tsx';
import { DevicesPage } from './pages/devices.tsx';
import { EnrolPage } from './pages/enrol.tsx';
import { ExplorePage } from './pages/explore.tsx';
import { FleetPage } from './pages/fleet.tsx';
import { HostPage } from './pages/host.tsx';
import { IncidentPage } from './pages/incident.tsx';
import { IncidentsPage } from './pages/incidents.tsx';
import { MachineSettingsPage } from './pages/machine-settings.tsx';
import { MibsPage } from './pages/mibs.tsx';
import { NotifiersPage } from './pages/notifiers.tsx';
import { InterfacePage } from './pages/interface.tsx';
import { InterfacesPage } from './pages/interfaces.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { PairPage } from './pages/pair.tsx';
import { PortPage } from './pages/port.tsx';
import { PortsPage } from './pages/ports.tsx';
import { RulesPage } from './pages/rules.tsx';
import { SetupPage } from './pages/setup.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { SilencesPage } from './pages/silences.tsx';
import { StorePage } from './pages/store.tsx';
import { TargetEditorPage } from './pages/target-editor.tsx';
import { TargetsPage } from './pages/targets.tsx';
import { Empty, Link } from './parts/basics.tsx';
import { Frame, Plain } from './shell/frame.tsx';

type Route = readonly [RegExp, (parts: readonly string[]) => ComponentChildren, number?];

const hour = 3_600_000;
const routes: readonly Route[] = [
  [/^\/$/, () => <OverviewPage />, 300_000],
  [/^\/incidents$/, () => <IncidentsPage />],
  [/^\/incidents\/(\d+)$/, ([id = '']) => <IncidentPage id={Number(id)} />],
  [/^\/rules$/, () => <RulesPage />],
  [/^\/silences$/, () => <SilencesPage />],
  [/^\/notifiers$/, () => <NotifiersPage />],
  [/^\/fleet$/, () => <FleetPage />],
  [/^\/fleet\/([^/]+)$/, ([id = '']) => <AgentPage id={id} />, hour],
  [/^\/fleet\/([^/]+)\/interfaces$/, ([id = '']) => <InterfacesPage id={id} />],
  [/^\/fleet\/([^/]+)\/interfaces\/([^/]+)$/, ([id = '', name = '']) => <InterfacePage id={id} name={name} />, hour],
  [/^\/fleet\/([^/]+)\/ports$/, ([id = '']) => <PortsPage id={id} />],
  [/^\/fleet\/([^/]+)\/host$/, ([id = '']) => <HostPage id={id} />, hour],
  [/^\/targets$/, () => <TargetsPage />],
  [/^\/targets\/new$/, () => <TargetEditorPage id={null} />],
  [/^\/targets\/([^/]+)$/, ([id = '']) => <TargetEditorPage id={id} />],
  [
    /^\/pairs\/([^/]+)\/([^/]+)\/([^/]+)$/,
    ([agent = '', target = '', probe = '']) => <PairPage agent={agent} target={target} probe={probe} />,
    hour,
  ],
  [/^\/store$/, () => <StorePage />],
  [/^\/explore$/, () => <ExplorePage />, hour],
  [/^\/api-tokens$/, () => <ApiTokensPage />],
  [/^\/machine-settings$/, () => <MachineSettingsPage />],
  [/^\/mibs$/, () => <MibsPage />],
  [/^\/devices$/, () => <DevicesPage />],
  [/^\/devices\/new$/, () => <DeviceEditorPage id={null} />],
  [/^\/devices\/([^/]+)$/, ([id = '']) => <DevicePage id={id} />],
  [/^\/devices\/([^/]+)\/edit$/, ([id = '']) => <DeviceEditorPage id={id} />],
  [/^\/devices\/([^/]+)\/ports\/([^/]+)$/, ([id = '', port = '']) => <PortPage device={id} port={port} />, 4 * hour],
  [/^\/enrol$/, () => <EnrolPage />],
];

/** The page that the URL names, for whoever is signed in. */
export const App = () => {
  const state = who.value.state;
  if (state === 'unknown') return null;
  if (state === 'unreachable') return <Unreachable />;
  if (state === 'nobody') return setup.value?.needed ? <SetupPage state={setup.value} /> : <SignInPage />;
  return <Page />;
};

const Page = () => {
  useEffect(followTotals, []);
  const at = path.value;
  const leaving = at === '/setup' || at === '/sign-in';
  useEffect(() => {
    if (leaving) go('/', true);
  }, [leaving]);
  const found = routes.find(([pattern]) => pattern.test(at));
  useLayoutEffect(() => {
    usualRange.value = found?.[2] ?? hour;
  }, [at]);
  if (leaving) return null;
  if (found) return found[1]((found[0].exec(at) ?? []).slice(1).map(decodeURIComponent));
  return (
    <Frame title="Not a page">
      <section class="panel">
        <Empty
          title={`There is no page ${at}`}
          action={
            <Link to="/" class="button primary">
              Open overview
            </Link>
          }
        >
          A link may be old, or cut short.
        </Empty>
      </section>
    </Frame>
  );
};

const Unreachable = () => {
  useEffect(() => after(3000, () => void learn(null)));
  return (
    <Plain>
      <Empty
        title="The controller does not answer"
        action={
          <button type="button" class="button" onClick={() => void learn(null)}>
            Try now
          </button>
        }
        command="npm start"
      >
        Agents go on measuring and keep their rounds. This page tries again every 3 s.
      </Empty>
    </Plain>
  );
};
