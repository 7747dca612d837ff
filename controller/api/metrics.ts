import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Counters } from '../ports.ts';
import type { Context } from './context.ts';

/** prom-client names these gauges like counters, and promtool is right to refuse that. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The controller about itself. Everything is read when somebody asks. */
export const makeMetrics = (context: Context): Registry => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  addCounters(registry, context);
  addGauges(registry, context);
  addAgents(registry, context);
  addControlState(registry, context);
  addStorage(registry, context);
  return registry;
};

const addCounters = (registry: Registry, { controller }: Context): void => {
  const counter = (name: string, help: string, read: (counters: ReturnType<typeof controller.counters>) => number): void => {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(controller.counters()));
      },
    });
  };
  counter('sonde_rounds_stored_total', 'Rounds written to the series store.', ({ roundsStored }) => roundsStored);
  counter('sonde_rounds_duplicate_total', 'Rounds that came again and were dropped.', ({ roundsDuplicate }) => roundsDuplicate);
  counter('sonde_rounds_refused_total', 'Rounds that were not valid.', ({ roundsRefused }) => roundsRefused);
  counter('sonde_batches_total', 'Batches of rounds received.', ({ batches }) => batches);
  counter(
    'sonde_batches_dropped_total',
    'Batches not taken because the controller was behind; agents send them again.',
    ({ batchesDropped }) => batchesDropped,
  );
  counter('sonde_messages_refused_total', 'Messages of agents that were not valid.', ({ messagesRefused }) => messagesRefused);
  counter('sonde_received_bytes_total', "Bytes of agents' messages received.", ({ bytesReceived }) => bytesReceived);
  counter('sonde_arrival_log_commits_total', 'Commits of the arrival log.', ({ commits }) => commits);
};

const addGauges = (registry: Registry, { controller }: Context): void => {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  const counters = (): Counters => controller.counters();
  gauge('sonde_arrival_log_bytes', 'Bytes of batches in the arrival log.', () => counters().arrivalsBytes);
  gauge(
    'sonde_arrival_log_capacity_bytes',
    'Bytes that the arrival log may hold; full, acknowledging stops.',
    () => counters().arrivalsCapBytes,
  );
  gauge('sonde_rounds_waiting', 'Rounds from the future that wait for their time.', () => counters().roundsWaiting);
  gauge('sonde_troubles', 'Parts that do not do their work now.', () => controller.troubles().length);
  new Gauge({
    name: 'sonde_consumer_lag_arrivals',
    help: 'Arrivals that a consumer of the arrival log has not read yet.',
    labelNames: ['consumer'],
    registers: [registry],
    collect() {
      this.set({ consumer: 'store' }, counters().storeLag);
      this.set({ consumer: 'alerts' }, counters().alertsLag);
    },
  });
  new Gauge({
    name: 'sonde_store_lag_seconds',
    help: "From the newest round's end until it was in the store.",
    registers: [registry],
    collect() {
      this.set((counters().storeLagMs ?? Number.NaN) / 1000);
    },
  });
};

const addAgents = (registry: Registry, { controller }: Context): void => {
  new Gauge({
    name: 'sonde_agents',
    help: 'Enrolled agents by whether they are connected.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { agentsOnline, agentsOffline } = controller.counters();
      this.set({ state: 'online' }, agentsOnline);
      this.set({ state: 'offline' }, agentsOffline);
    },
  });
  new Gauge({
    name: 'sonde_spool_backlog_rounds',
    help: 'Rounds in the spools of all agents, as they last said.',
    registers: [registry],
    collect() {
      this.set(controller.agents().reduce((sum, { status }) => sum + (status?.spool.rounds ?? 0), 0));
    },
  });
};

const addControlState = (registry: Registry, { state }: Context): void => {
  new Gauge({
    name: 'sonde_outbox_waiting',
    help: 'Notifications that are still to be delivered.',
    registers: [registry],
    async collect() {
      const rows = state.selectFrom('outbox').where('state', '=', 'waiting');
      const { n } = await rows.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      this.set(Number(n));
    },
  });
  new Gauge({
    name: 'sonde_incidents_open',
    help: 'Incidents that fire now.',
    registers: [registry],
    async collect() {
      const rows = state.selectFrom('incidents').where('state', '=', 'firing');
      const { n } = await rows.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      this.set(Number(n));
    },
  });
};

const addStorage = (registry: Registry, { storage, settings }: Context): void => {
  new Gauge({
    name: 'sonde_build_info',
    help: 'Always 1; what runs is in its labels.',
    labelNames: ['version'],
    registers: [registry],
    collect() {
      this.set({ version: settings.version }, 1);
    },
  });
  new Gauge({
    name: 'sonde_store_up',
    help: 'Whether the last exchange with the store went well.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const { kind, influx } = storage.state();
      this.reset();
      this.set({ kind }, influx === null || influx.phase === 'ok' || influx.phase === 'unknown' ? 1 : 0);
    },
  });
  new Counter({
    name: 'sonde_points_set_aside_total',
    help: 'Points that the store refused for good.',
    registers: [registry],
    async collect() {
      this.reset();
      this.inc(await storage.setAside.total());
    },
  });
  new Counter({
    name: 'sonde_backfill_points_total',
    help: 'Points of the embedded store copied to InfluxDB.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(storage.state().backfill?.points ?? 0);
    },
  });
};
