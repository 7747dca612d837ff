// /metrics and /probe on an address that the host's own operator has named; without one nothing listens.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { EXPOSITION_TYPE } from '../../protocol/exposition.ts';
import type { Log } from '../../protocol/log.ts';
import { MODULES, type Module, probe, type ProbeDeps } from './probe.ts';

export interface MetricsServer extends AsyncDisposable {
  readonly port: number;
}

export interface MetricsServerOptions extends ProbeDeps {
  /** `127.0.0.1:9469`, `[::]:9469`; port 0 takes a free one. */
  readonly listen: string;
  /** /metrics, when somebody asks. */
  readonly own: () => string;
  readonly log: Log;
}

/** Prometheus gives up on a scrape after ten seconds. */
const PROBE_MS = 8_000;
const MOST_PROBES = 20;

/** Rejects with what is wrong when it may not listen. */
export const openMetricsServer = async (options: MetricsServerOptions, signal: AbortSignal): Promise<MetricsServer> => {
  const { host, port } = parseListen(options.listen);
  let running = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://agent');
    if (request.method !== 'GET') return answer(response, 405, 'GET only');
    if (url.pathname === '/metrics') return answer(response, 200, options.own(), EXPOSITION_TYPE);
    if (url.pathname !== '/probe') return answer(response, 404, '/metrics and /probe?target=ADDRESS&module=icmp are here');
    const target = url.searchParams.get('target') ?? '';
    const module = url.searchParams.get('module') ?? 'icmp';
    if (!isModule(module)) return answer(response, 400, `module "${module}": ${Object.keys(MODULES).join(', ')}`);
    if (!/^[\w.:-]{1,253}$/.test(target)) return answer(response, 400, 'target: an address or a name');
    if (running >= MOST_PROBES) return answer(response, 503, 'too many probes at once');
    running += 1;
    try {
      answer(
        response,
        200,
        await probe(options, target, module, AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)])),
        EXPOSITION_TYPE,
      );
    } finally {
      running -= 1;
    }
  };
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      options.log.error('metrics-failed', `${request.url ?? ''}: ${error instanceof Error ? error.message : String(error)}`);
      if (!response.headersSent) answer(response, 500, 'failed');
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
};

const answer = (response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' });
  response.end(text.endsWith('\n') ? text : `${text}\n`);
};

const isModule = (name: string): name is Module => Object.hasOwn(MODULES, name);

/** Throws with what would be right. */
export const parseListen = (text: string): { readonly host: string; readonly port: number } => {
  const [, v6, name = '', port = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? name;
  if (port === '' || Number(port) > 65_535 || (host !== '' && host !== 'localhost' && isIP(host) === 0))
    throw new Error(`metrics "${text}": ADDRESS:PORT, as 127.0.0.1:9469 or [::]:9469`);
  return { host: host === '' ? '::' : host, port: Number(port) };
};

/** Where others reach it: nowhere when it listens on loopback only. */
export const reachableAs = (listen: string, port: number, hostname: string): string | undefined => {
  const { host } = parseListen(listen);
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return undefined;
  const name = /^(0\.0\.0\.0|::)$/.test(host) ? hostname : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
};
