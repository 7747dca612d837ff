import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { addAgentRoutes } from './agents.ts';
import { addApiTokenRoutes } from './api-tokens.ts';
import { addAskRoutes } from './asks.ts';
import { addAuditRoutes } from './audit.ts';
import { addBacktestRoutes } from './backtests.ts';
import { addDependencyRoutes } from './dependencies.ts';
import { addDeviceRoutes } from './devices.ts';
import { addHandshakeRoutes } from './handshakes.ts';
import { addHealthRoutes } from './health.ts';
import { addHistoryRoutes } from './history.ts';
import { addIncidentRoutes } from './incidents.ts';
import { addInfluxqlRoute } from './influxql.ts';
import { addMachineRoutes } from './machine.ts';
import { addMaintenanceRoutes } from './maintenance.ts';
import { addMetricsRoute } from './metrics.ts';
import { addMibRoutes } from './mibs.ts';
import { addNetworkNodeRoutes } from './network-nodes.ts';
import { addNodeMetricRoutes } from './node-metrics.ts';
import { addNotifierRoutes } from './notifiers.ts';
import { addOpenApiRoute } from './openapi.ts';
import { addOverviewRoute } from './overview.ts';
import { addPageRoutes } from './pages.ts';
import { addPairRoutes } from './pairs.ts';
import { addPrometheusRoutes } from './prometheus.ts';
import { addRuleRoutes } from './rules.ts';
import { addServerRoutes } from './servers.ts';
import { addSessionRoutes } from './session.ts';
import { addSetupRoutes } from './setup.ts';
import { addSilenceRoutes } from './silences.ts';
import { addStoreRoutes } from './store.ts';
import { addQueryRoutes } from './query.ts';
import { addStorageRoute } from './storage.ts';
import { addTableMetricRoutes } from './table-metrics.ts';
import { addTargetRoutes } from './targets.ts';
import { addTokenRoutes } from './tokens.ts';
import { addWatchdogRoutes } from './watchdog.ts';
import { addWriteRoutes } from './write.ts';

/** THE LIST of routes: one file a noun. */
const ROUTES: readonly ((app: App, context: Context) => void)[] = [
  addSetupRoutes,
  addSessionRoutes,
  addOverviewRoute,
  addAgentRoutes,
  addTargetRoutes,
  addDeviceRoutes,
  addAskRoutes,
  addMibRoutes,
  addMachineRoutes,
  addPairRoutes,
  addHistoryRoutes,
  addQueryRoutes,
  addInfluxqlRoute,
  addStorageRoute,
  addIncidentRoutes,
  addRuleRoutes,
  addBacktestRoutes,
  addDependencyRoutes,
  addNotifierRoutes,
  addSilenceRoutes,
  addMaintenanceRoutes,
  addWatchdogRoutes,
  addTokenRoutes,
  addStoreRoutes,
  addApiTokenRoutes,
  addNetworkNodeRoutes,
  addNodeMetricRoutes,
  addServerRoutes,
  addTableMetricRoutes,
  addWriteRoutes,
  addHandshakeRoutes,
  addAuditRoutes,
  addHealthRoutes,
  addMetricsRoute,
  addPrometheusRoutes,
  addOpenApiRoute,
  addPageRoutes,
];

export const addRoutes = (app: App, context: Context): void => {
  for (const add of ROUTES) add(app, context);
};
