import * as z from 'zod';
import { Saved } from '../../../protocol/api.ts';
import {
  type DeviceEvent,
  DeviceEventList,
  DeviceList,
  DeviceView,
  PortHistory,
  PortList,
  PortView,
} from '../../../protocol/api-devices.ts';
import { DeviceEventKind, DeviceInput } from '../../../protocol/device.ts';
import { TargetId } from '../../../protocol/ids.ts';
import { readPortColumns, readPortP95 } from '../../series/port-columns.ts';
import type { Context } from '../context.ts';
import { viewDevice, viewPort } from '../device-view.ts';
import type { App } from '../instance.ts';
import { answerList, FormatQuery, LIST_TYPES } from '../list-csv.ts';
import { notFound, refuse } from '../problem.ts';
import { Limit, Moment, problems, Whole } from '../schemas.ts';
import { loginOf, saved } from './change.ts';

const DAY_MS = 86_400_000;
const tags = ['devices'];
const viewer = { access: 'viewer' } as const;
const operator = { access: 'operator' } as const;
const DevicePath = z.object({ id: TargetId });
const PortPath = z.object({ id: TargetId, port: z.string().min(1).max(64) });
const EVENTS_ON_A_CHART = 100;

export const addDeviceRoutes = (app: App, context: Context): void => {
  addDeviceDocuments(app, context);
  addPorts(app, context);
};

const findDevice = async ({ controller }: Context, id: string): Promise<DeviceView> => {
  const stored = (await controller.devices.list()).find(({ device }) => device.id === id);
  if (stored === undefined) throw notFound(`device ${id}`);
  const presence = controller.agents().find((agent) => agent.id === stored.device.agent);
  return viewDevice({ stored, latest: controller.deviceLatest(id), presence }, controller.clock.now());
};

const addDeviceDocuments = (app: App, context: Context): void => {
  const { controller } = context;
  const { devices } = controller;

  app.get(
    '/api/v1/devices',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'All SNMP devices',
        querystring: FormatQuery,
        produces: LIST_TYPES,
        response: { 200: DeviceList, ...problems },
      },
    },
    async (request, reply) => {
      const presences = new Map(controller.agents().map((agent) => [agent.id, agent]));
      const now = controller.clock.now();
      const view = (stored: Awaited<ReturnType<typeof devices.list>>[number]): DeviceView =>
        viewDevice({ stored, latest: controller.deviceLatest(stored.device.id), presence: presences.get(stored.device.agent) }, now);
      return answerList(request, reply, DeviceList, { devices: (await devices.list()).map(view) });
    },
  );
  app.get(
    '/api/v1/devices/:id',
    { config: viewer, schema: { tags, summary: 'One device', params: DevicePath, response: { 200: DeviceView, ...problems } } },
    ({ params }) => findDevice(context, params.id),
  );
  app.post(
    '/api/v1/devices',
    { config: operator, schema: { tags, summary: 'Add a device', body: DeviceInput, response: { 201: Saved, ...problems } } },
    async ({ body, actor }, reply) => reply.code(201).send(saved(context, await devices.create(body, loginOf(actor)))),
  );
  app.put(
    '/api/v1/devices/:id',
    {
      config: operator,
      schema: {
        tags,
        summary: 'Replace a device; secrets that are not said stay as they are',
        params: DevicePath,
        body: DeviceInput,
        response: { 200: Saved, ...problems },
      },
    },
    async ({ params, body, actor }) => {
      if (body.id !== params.id)
        throw refuse(422, 'id: a device keeps its id', [{ path: 'id', message: `"${params.id}", as in the path` }]);
      return saved(context, await devices.replace(body, loginOf(actor)));
    },
  );
  app.delete(
    '/api/v1/devices/:id',
    {
      config: operator,
      schema: { tags, summary: 'Remove a device; its series stay', params: DevicePath, response: { 200: Saved, ...problems } },
    },
    async ({ params, actor }) => saved(context, await devices.remove(params.id, loginOf(actor))),
  );
};

const addPorts = (app: App, context: Context): void => {
  const { state, store, controller } = context;
  const readEvents = async (
    device: string,
    where: { readonly port?: string | undefined; readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<DeviceEvent[]> => {
    const rows = await state
      .selectFrom('device_events')
      .selectAll()
      .where('device_id', '=', device)
      .where('at', '>=', where.from)
      .where('at', '<', where.to)
      .$if(where.port !== undefined, (query) =>
        query.where((is) => is.or([is('port_id', '=', where.port ?? ''), is('port_id', 'is', null)])),
      )
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(where.limit)
      .execute();
    return rows.map(({ id, at, port_id, kind, title }) => ({ id, at, device, port: port_id, kind: DeviceEventKind.parse(kind), title }));
  };
  const findPort = async (id: string, port: string): Promise<PortView> => {
    const found = controller.deviceLatest(id)?.ports.get(port);
    if (found === undefined) throw notFound(`port ${port} of device ${id}`);
    return viewPort(id, found);
  };

  app.get(
    '/api/v1/devices/:id/ports',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'Its ports, in the order of their numbers; with gone=1 those too that are not there any more',
        params: DevicePath,
        querystring: z.object({ gone: z.enum(['0', '1']).default('0') }),
        response: { 200: PortList, ...problems },
      },
    },
    async ({ params, query }) => {
      await findDevice(context, params.id);
      const ports = [...(controller.deviceLatest(params.id)?.ports.values() ?? [])];
      const wanted = query.gone === '1' ? ports : ports.filter(({ goneAt }) => goneAt === null);
      return { ports: wanted.map((port) => viewPort(params.id, port)).toSorted((a, b) => a.index - b.index) };
    },
  );
  app.get(
    '/api/v1/devices/:id/ports/:port',
    { config: viewer, schema: { tags, summary: 'One port', params: PortPath, response: { 200: PortView, ...problems } } },
    ({ params }) => findPort(params.id, params.port),
  );
  app.get(
    '/api/v1/devices/:id/events',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'What changed on it, newest first',
        params: DevicePath,
        querystring: z.object({ port: z.string().max(64).optional(), from: Moment.optional(), to: Moment.optional(), limit: Limit }),
        response: { 200: DeviceEventList, ...problems },
      },
    },
    async ({ params, query }) => {
      await findDevice(context, params.id);
      const { port, from = 0, to = Number.MAX_SAFE_INTEGER, limit } = query;
      return { events: await readEvents(params.id, { port, from, to, limit }) };
    },
  );
  app.get(
    '/api/v1/devices/:id/ports/:port/history',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'Its traffic and errors; the last day unless said',
        params: PortPath,
        querystring: z.object({
          from: Moment.optional(),
          to: Moment.optional(),
          columns: Whole.min(1).max(5_000).default(1_000),
        }),
        response: { 200: PortHistory, ...problems },
      },
    },
    async ({ params, query }) => {
      const { agent, intervalMs } = await findDevice(context, params.id);
      const { speedBps } = await findPort(params.id, params.port);
      const to = query.to ?? Math.ceil(controller.clock.now());
      const from = query.from ?? to - DAY_MS;
      if (from >= to) throw refuse(400, 'from: must be before to');
      const asked = { device: params.id, port: params.port, from, to, columns: query.columns, intervalMs };
      const { bucketMs, columns, totals } = await readPortColumns(store, asked);
      return {
        device: params.id,
        port: params.port,
        agent,
        intervalMs,
        from,
        to,
        bucketMs,
        speedBps,
        columns: [...columns],
        p95: await readPortP95(store, asked),
        totals,
        events: await readEvents(params.id, { port: params.port, from, to, limit: EVENTS_ON_A_CHART }),
      };
    },
  );
};
