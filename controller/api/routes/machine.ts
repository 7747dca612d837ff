import * as z from 'zod';
import { Saved } from '../../../protocol/api.ts';
import { ExpectListeners, HostHistory, HostView, InterfaceList, SocketView, TrafficHistory } from '../../../protocol/api-machine.ts';
import { MachineSettings } from '../../../protocol/machine-settings.ts';
import { listenerKey } from '../../fleet/machine/listeners.ts';
import type { MachineLatest } from '../../fleet/machine/state.ts';
import { readHost, readTraffic } from '../../series/machine-columns.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { viewHost, viewInterfaces, viewSockets } from '../machine-view.ts';
import { notFound, refuse } from '../problem.ts';
import { AgentPath, Moment, problems, Whole } from '../schemas.ts';
import { loginOf, saved } from './change.ts';

const HOUR_MS = 3_600_000;
const tags = ['machines'];
const viewer = { access: 'viewer' } as const;
const operator = { access: 'operator' } as const;
const CHANGES = 50;
const Range = z.object({
  from: Moment.optional(),
  to: Moment.optional(),
  columns: Whole.min(1).max(5_000).default(1_000),
});

/** What the agents' own machines say. */
export const addMachineRoutes = (app: App, context: Context): void => {
  addViews(app, context);
  addHistories(app, context);
  addSettings(app, context);
};

const findMachine = async ({ controller, state }: Context, agent: string): Promise<MachineLatest | undefined> => {
  const row = await state.selectFrom('agents').select('id').where('id', '=', agent).executeTakeFirst();
  if (row === undefined) throw notFound(`agent ${agent}`);
  return controller.machines.get(agent);
};

const viewSocketsOf = async (context: Context, agent: string): Promise<SocketView> => {
  const machine = await findMachine(context, agent);
  const rows = context.state.selectFrom('agent_events').select(['at', 'level', 'event', 'message']).where('agent_id', '=', agent);
  const events = ['listener-new', 'listener-gone', 'listener-changes', 'ephemeral-ports-low', 'ephemeral-ports-back'];
  const changes = await rows.where('event', 'in', events).orderBy('at', 'desc').orderBy('id', 'desc').limit(CHANGES).execute();
  return viewSockets(machine, changes);
};

const addViews = (app: App, context: Context): void => {
  app.get(
    '/api/v1/agents/:id/interfaces',
    {
      config: viewer,
      schema: { tags, summary: "The agent's own interfaces", params: AgentPath, response: { 200: InterfaceList, ...problems } },
    },
    async ({ params }) => viewInterfaces(await findMachine(context, params.id)),
  );
  app.get(
    '/api/v1/agents/:id/sockets',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'Its connections by state, listeners, ephemeral ports',
        params: AgentPath,
        response: { 200: SocketView, ...problems },
      },
    },
    ({ params }) => viewSocketsOf(context, params.id),
  );
  app.put(
    '/api/v1/agents/:id/sockets/expected',
    {
      config: operator,
      schema: {
        tags,
        summary: 'Say which listeners are as they should be; all others are unexpected',
        params: AgentPath,
        body: ExpectListeners,
        response: { 200: SocketView, ...problems },
      },
    },
    async ({ params, body, actor }) => {
      await findMachine(context, params.id);
      await context.controller.machines.expect(params.id, body.listeners.map(listenerKey), loginOf(actor));
      return viewSocketsOf(context, params.id);
    },
  );
  app.get(
    '/api/v1/agents/:id/host',
    {
      config: viewer,
      schema: { tags, summary: 'Its machine: load, memory, itself', params: AgentPath, response: { 200: HostView, ...problems } },
    },
    async ({ params }) => viewHost(await findMachine(context, params.id)),
  );
};

const addHistories = (app: App, context: Context): void => {
  const { store, controller } = context;
  const rangeOf = (query: z.infer<typeof Range>): { readonly from: number; readonly to: number; readonly columns: number } => {
    const to = query.to ?? Math.ceil(controller.clock.now());
    const from = query.from ?? to - HOUR_MS;
    if (from >= to) throw refuse(400, 'from: must be before to');
    return { from, to, columns: query.columns };
  };
  app.get(
    '/api/v1/agents/:id/interfaces/history',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'Traffic of one interface, or of all together; the last hour unless said',
        params: AgentPath,
        querystring: Range.extend({ name: z.string().min(1).max(64).optional() }),
        response: { 200: TrafficHistory, ...problems },
      },
    },
    async ({ params, query }) => {
      const machine = await findMachine(context, params.id);
      const intervalMs = machine?.net?.intervalMs ?? (await controller.machineSettings.get()).net.intervalMs;
      const range = rangeOf(query);
      const name = query.name ?? null;
      const read = await readTraffic(store, { agent: params.id, ...range, intervalMs }, name);
      const speedBps = name === null ? null : (machine?.links.get(name)?.speedBps ?? null);
      return { name, from: range.from, to: range.to, intervalMs, speedBps, ...read, columns: [...read.columns] };
    },
  );
  app.get(
    '/api/v1/agents/:id/host/history',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'Its load, memory and connections; the last hour unless said',
        params: AgentPath,
        querystring: Range,
        response: { 200: HostHistory, ...problems },
      },
    },
    async ({ params, query }) => {
      const machine = await findMachine(context, params.id);
      const intervalMs = machine?.host?.intervalMs ?? (await controller.machineSettings.get()).host.intervalMs;
      const range = rangeOf(query);
      const read = await readHost(store, { agent: params.id, ...range, intervalMs });
      return { from: range.from, to: range.to, intervalMs, ...read, columns: [...read.columns] };
    },
  );
};

const addSettings = (app: App, context: Context): void => {
  const { machineSettings } = context.controller;
  app.get(
    '/api/v1/machine-settings',
    {
      config: viewer,
      schema: { tags, summary: 'What every agent looks at on its own machine', response: { 200: MachineSettings, ...problems } },
    },
    () => machineSettings.get(),
  );
  app.put(
    '/api/v1/machine-settings',
    {
      config: operator,
      schema: {
        tags,
        summary: 'Say what every agent looks at on its own machine',
        body: MachineSettings,
        response: { 200: Saved, ...problems },
      },
    },
    async ({ body, actor }) => saved(context, await machineSettings.set(body, loginOf(actor))),
  );
};
