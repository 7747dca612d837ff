import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { readCursor } from '../series/ask.ts';
import { refuse } from './problem.ts';

/** In the query string of what comes in pages. */
export const After = z.string().max(4_000).optional().describe('the cursor of the page before: "next", or what its Link header says');

/** The cursor, or null for the first page. Throws 400 for what is none of ours. */
export const checkedCursor = (after: string | undefined): string | null => {
  if (after === undefined) return null;
  try {
    readCursor(after);
    return after;
  } catch (error) {
    throw refuse(400, error instanceof Error ? error.message : String(error), [{ path: 'after', message: 'not a cursor' }]);
  }
};

/** For documents that have no room for a cursor: there is more, at the same address with these parameters. */
export const sayNext = ({ url }: FastifyRequest, reply: FastifyReply, parameters: Readonly<Record<string, string>>): void => {
  const next = new URL(url, 'http://localhost');
  for (const [name, value] of Object.entries(parameters)) next.searchParams.set(name, value);
  reply.header('link', `<${next.pathname}${next.search}>; rel="next"`);
};
