import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { makeProblem, sendProblem } from '../problem.ts';

const NO_PAGES =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sonde</title><h1>Sonde</h1><p>The web admin is not part of this start. The API is at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></html>';

/** The web admin: its files by name; every other path is a page, and index.html shows it. A page may have a dot below its first slash: ids are
 * made of addresses. */
export const addPageRoutes = (app: App, { pages }: Context): void => {
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || path.startsWith('/api/') || path === '/query')
      return sendProblem(reply, makeProblem(404, `there is no ${request.method} ${path}`));
    const name = path.slice(1);
    const isFile = name.includes('.') && !name.includes('/');
    const file = pages.get(name) ?? (isFile ? undefined : pages.get('index.html'));
    if (file !== undefined) return reply.type(file.type).header('cache-control', 'no-cache').send(Buffer.from(file.body));
    if (!isFile) return reply.type('text/html; charset=utf-8').send(NO_PAGES);
    return sendProblem(reply, makeProblem(404, `there is no file ${path}`));
  });
};
