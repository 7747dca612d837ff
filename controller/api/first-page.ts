// What the set-up page shows before anyone signs in: that loopback is measured, and that nothing else is.
import { isIP } from 'node:net';
import type { SetupState } from '../../protocol/api.ts';
import { taskId } from '../../protocol/task.ts';
import { readColumns } from '../series/columns.ts';
import { ownSeries } from '../series/own.ts';
import { PING } from '../series/schema.ts';
import type { Context } from './context.ts';

const MINUTES_SHOWN = 5;

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));

/** Packets sent to anything but loopback, by what is stored. */
export const packetsBeyondLoopback = async ({ controller, store }: Context): Promise<number> => {
  const loopback = new Set(
    (await controller.fleet.targets()).filter(({ target }) => isLoopback(target.address)).map(({ target }) => target.id),
  );
  const to = Math.ceil(controller.clock.now()) + 86_400_000;
  const fields = [{ field: 'packets_transmitted', aggregate: 'sum' }] as const;
  const series = await store.query({ measurement: PING, tags: ownSeries(), fields, from: 0, to, bucketMs: to });
  return series
    .filter(({ tags }) => tags['agent'] !== undefined && !loopback.has(tags['target'] ?? ''))
    .flatMap(({ rows }) => rows)
    .reduce((sum, [, sent]) => sum + (typeof sent === 'number' ? sent : 0), 0);
};

export const loopbackNow = async ({ controller, store, fleetView }: Context): Promise<NonNullable<SetupState['loopback']>> => {
  const { pairs } = await fleetView.model();
  const to = Math.ceil(controller.clock.now());
  const shown = [...pairs.values()].filter(({ stored }) => isLoopback(stored.target.address)).slice(0, 4);
  return Promise.all(
    shown.map(async ({ agent, stored, template }) => {
      const { intervalMs } = template;
      const task = taskId(stored.target.id, template.options.kind);
      const range = { from: to - MINUTES_SHOWN * 60_000, to, columns: 2_000, intervalMs };
      const { columns } = await readColumns(store, { agent: agent.id, task, ...range });
      return { task, intervalMs, columns: [...columns] };
    }),
  );
};
