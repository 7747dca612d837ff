import { hostname } from 'node:os';
import type { Log } from '../../protocol/log.ts';
import type { OnlineStatus } from '../../protocol/status.ts';
import type { Clock } from '../../protocol/time.ts';
import type { SupervisedIcmpEngine } from '../icmp/supervisor.ts';
import type { Resolve } from '../probes/probe.ts';
import type { Settings } from '../settings.ts';
import { ownMetrics } from './own.ts';

/** /metrics and /probe of a running agent, where its settings name an address. */
export interface Exporter extends AsyncDisposable {
  /** What the agent says of itself now. */
  told(status: OnlineStatus, connected: boolean): void;
  /** Where others reach it; undefined: nowhere. */
  address(): string | undefined;
}

export interface ExporterOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly icmp: SupervisedIcmpEngine;
  readonly resolve: Resolve;
  readonly agent: string;
}

/** The server is loaded only where one is wanted. A port that is taken is told, and the agent measures on without it. */
export const openExporter = ({ settings, clock, log, icmp, resolve, agent }: ExporterOptions, signal: AbortSignal): Exporter => {
  const { metrics } = settings;
  const startedMs = clock.monotonic();
  let latest: { readonly status: OnlineStatus; readonly connected: boolean } | null = null;
  let reachable: string | undefined;
  let close = async (): Promise<void> => {};
  const own = (): string =>
    latest === null ? '' : ownMetrics({ agent, ...latest, engine: icmp.counters(), uptimeS: (clock.monotonic() - startedMs) / 1000 });
  const open = async (listen: string): Promise<void> => {
    const { openMetricsServer, reachableAs } = await import('./server.ts');
    const server = await openMetricsServer({ listen, clock, icmp, resolve, own, log }, signal);
    close = async () => await server[Symbol.asyncDispose]();
    reachable = reachableAs(listen, server.port, hostname());
    log.info('metrics-listen', `/metrics and /probe are answered on ${listen}`, { port: server.port });
  };
  const opening =
    metrics === null
      ? Promise.resolve()
      : open(metrics).catch((error: unknown) =>
          log.error('metrics-listen', `no /metrics on ${metrics}: ${error instanceof Error ? error.message : String(error)}`),
        );
  return {
    told(status, connected) {
      latest = { status, connected };
    },
    address: () => reachable,
    async [Symbol.asyncDispose]() {
      await opening;
      await close();
    },
  };
};
