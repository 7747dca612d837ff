import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../../protocol/log.ts';
import { type Download, openPackages } from './packages.ts';
import { installerScript } from './script.ts';

/** Whoever reaches the port may download; so many at once, so that it costs others little. */
const DOWNLOADS_AT_ONCE = 16;
const HOST = /^[A-Za-z0-9.:[\]-]{1,255}$/;

export interface InstallerOptions {
  /** Where the agents' packages lie. */
  readonly folder: string;
  readonly log: Log;
}

/** `GET /install.sh` and `/packages/…` on the agents' port, before whatever else it answers. What it hands out is public: the agent's own packages. */
export const withInstaller = ({ folder, log }: InstallerOptions, otherwise: RequestListener): RequestListener => {
  const packages = openPackages(folder);
  let downloads = 0;
  const download = async (response: ServerResponse, { path, offset, sizeBytes, name }: Download, headOnly: boolean): Promise<void> => {
    if (downloads >= DOWNLOADS_AT_ONCE) return say(response, 503, 'too many downloads at once: try again in a minute\n');
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': sizeBytes,
      'content-disposition': `attachment; filename="${name}"`,
    });
    if (headOnly) return void response.end();
    downloads += 1;
    try {
      await pipeline(createReadStream(path, { start: offset, end: offset + sizeBytes - 1 }), response);
    } finally {
      downloads -= 1;
    }
  };
  const answer = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'only GET is spoken here\n');
    const found = await packages();
    if (found.length === 0)
      return say(response, 404, `this controller has no packages of the agent in ${folder}: install sonde-agent-packages beside it\n`);
    const files = found.flatMap(({ deb, tarball }) => [deb, tarball]);
    if (path === '/packages/SHA256SUMS') return say(response, 200, files.map(({ sha256, name }) => `${sha256}  ${name}\n`).join(''));
    const file = files.find(({ name }) => path === `/packages/${name}`);
    if (file !== undefined) return download(response, file, request.method === 'HEAD');
    const host = request.headers.host ?? '';
    const controller = /:\d+$/.test(host) ? host : `${host}:443`;
    const pin = pinOf(request);
    if (path !== '/install.sh' || pin === null || !HOST.test(host)) return say(response, 404, `there is no ${path}\n`);
    say(response, 200, installerScript({ controller, pin, packages: found }), 'text/x-shellscript; charset=utf-8');
  };
  return (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    if (path !== '/install.sh' && !path.startsWith('/packages/')) return otherwise(request, response);
    answer(request, response, path).catch((error: unknown) => {
      log.warn('download-failed', `${path}: ${error instanceof Error ? error.message : String(error)}`);
      response.destroy();
    });
  };
};

/** What `curl --pinnedpubkey` compares: of the key that this connection was made with. */
const pinOf = ({ socket }: IncomingMessage): string | null => {
  const key = socket instanceof TLSSocket ? socket.getX509Certificate()?.publicKey : undefined;
  return key === undefined ? null : publicKeyPin(key.export({ type: 'spki', format: 'der' }));
};

export const publicKeyPin = (spki: Uint8Array): string => `sha256//${createHash('sha256').update(spki).digest('base64')}`;

const say = (response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
};
