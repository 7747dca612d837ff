import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type Device, DeviceInput } from '../../../protocol/device.ts';
import { TargetId } from '../../../protocol/ids.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { NetworkNode, NetworkNodeView, nodeOf, targetOf } from '../nodes.ts';
import { sayNext } from '../paging.ts';
import { notFound, refuse } from '../problem.ts';
import { Limit, Nothing, problems, Whole } from '../schemas.ts';
import { loginOf, saved } from './change.ts';

const tags = ['older paths'];
const viewer = { access: 'viewer' } as const;
const operator = { access: 'operator' } as const;
const params = z.object({ node_id: TargetId });

/** Nodes by the paths of an ISP's older platform: targets, and devices where a community is given. */
export const addNetworkNodeRoutes = (app: App, context: Context): void => {
  const { controller } = context;
  app.get(
    '/monitoring/network-nodes',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'All nodes (targets)',
        querystring: z.object({ skip: Whole.min(0).default(0), limit: Limit }),
        response: { 200: z.array(NetworkNodeView), ...problems },
      },
    },
    async (request, reply) => {
      const { skip, limit } = request.query;
      const nodes = await allNodes(context);
      if (nodes.length > skip + limit) sayNext(request, reply, { skip: String(skip + limit) });
      return nodes.slice(skip, skip + limit);
    },
  );
  app.get(
    '/monitoring/network-nodes/:node_id',
    { config: viewer, schema: { tags, summary: 'One node', params, response: { 200: NetworkNodeView, ...problems } } },
    async ({ params: { node_id } }) => findNode(context, node_id),
  );
  app.post(
    '/monitoring/network-nodes',
    { config: operator, schema: { tags, summary: 'Add a node', body: NetworkNode, response: { 201: NetworkNodeView, ...problems } } },
    async ({ body, actor }, reply) => {
      const device = await deviceFor(context, body, undefined);
      if (device !== null) saved(context, await controller.devices.create(device, loginOf(actor)));
      const made = await controller.fleet.createTarget(targetOf(body, null), loginOf(actor));
      if (!made.ok && device !== null) await controller.devices.remove(body.id, loginOf(actor));
      saved(context, made);
      return reply.code(201).send(await findNode(context, body.id));
    },
  );
  app.put(
    '/monitoring/network-nodes/:node_id',
    {
      config: operator,
      schema: { tags, summary: 'Replace a node', params, body: NetworkNode, response: { 200: NetworkNodeView, ...problems } },
    },
    async ({ params: { node_id }, body, actor }) => {
      if (body.id !== node_id) throw refuse(422, 'id: a node keeps its id', [{ path: 'id', message: `"${node_id}", as in the path` }]);
      const before = (await controller.fleet.targets()).find(({ target }) => target.id === node_id);
      if (before === undefined) throw notFound(`node ${node_id}`);
      const known = await deviceOf(context, node_id);
      const device = await deviceFor(context, body, known);
      saved(context, await controller.fleet.replaceTarget(targetOf(body, before.target), loginOf(actor)));
      if (device !== null) saved(context, await controller.devices[known === undefined ? 'create' : 'replace'](device, loginOf(actor)));
      return findNode(context, node_id);
    },
  );
  app.delete(
    '/monitoring/network-nodes/:node_id',
    {
      config: operator,
      schema: { tags, summary: 'Remove a node; what was measured stays', params, response: { 204: Nothing, ...problems } },
    },
    async ({ params: { node_id }, actor }, reply) => {
      saved(context, await controller.fleet.removeTarget(node_id, loginOf(actor)));
      if ((await deviceOf(context, node_id)) !== undefined) await controller.devices.remove(node_id, loginOf(actor));
      return reply.code(204).send(null);
    },
  );
};

const allNodes = async ({ controller }: Context): Promise<NetworkNodeView[]> => {
  const versions = new Map((await controller.devices.list()).map(({ device }) => [device.id, device.access.version]));
  return (await controller.fleet.targets()).map(({ target }) => nodeOf(target, versions.get(target.id) ?? null));
};

const findNode = async (context: Context, id: string): Promise<NetworkNodeView> => {
  const found = (await allNodes(context)).find((node) => node.id === id);
  if (found === undefined) throw notFound(`node ${id}`);
  return found;
};

const deviceOf = async ({ controller }: Context, id: string) =>
  (await controller.devices.list()).find(({ device }) => device.id === id)?.device;

/** The device that a node is to have; null where nothing is to be done: it has none, or stays as it is. Throws the refusal. */
const deviceFor = async (context: Context, node: NetworkNode, before: Device | undefined): Promise<DeviceInput | null> => {
  const { snmp_community: community, snmp_version: version } = node;
  const kept = before?.access.version;
  if (community === undefined && version !== undefined && version !== kept) {
    const reason = kept === undefined ? 'has no SNMP yet' : `is spoken to by ${kept}`;
    const message = `the node ${reason}; give snmp_community as well to have version ${version}`;
    throw refuse(422, `snmp_version: ${message}`, [{ path: 'snmp_version', message }]);
  }
  if (community === undefined && before === undefined) return null;
  const agent = before?.agent ?? context.settings.localAgent ?? context.controller.agents()[0]?.id;
  if (agent === undefined)
    throw refuse(422, 'snmp_community: no agent is there to poll it', [{ path: 'snmp_community', message: 'enrol an agent first' }]);
  const own = { id: node.id, name: node.name, address: node.ip_address, enabled: node.is_active };
  if (community === undefined) return isDeepStrictEqual({ ...before, ...own }, before) ? null : DeviceInput.parse({ ...before, ...own });
  const access = version === undefined && (kept === '1' || kept === '2c') ? before?.access : { version: version ?? '2c' };
  return DeviceInput.parse({ ...before, ...own, agent, access, secrets: { community } });
};
