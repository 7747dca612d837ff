// Every refusal as problem+json (RFC 9457): what, where, and what would be right.
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply } from 'fastify';
import { Problem } from '../../protocol/api.ts';
import type { Refused } from '../fleet/refusal.ts';
import { InfluxFailure } from '../series/influx/failure.ts';

type FieldError = NonNullable<Problem['errors']>[number];

export const makeProblem = (status: number, detail: string, errors?: readonly FieldError[]): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  ...(errors !== undefined && errors.length > 0 ? { errors: [...errors] } : {}),
});

/** What a handler throws to refuse; the error handler sends the problem. */
export const refuse = (status: number, detail: string, errors?: readonly FieldError[]): Error & { readonly problem: Problem } =>
  Object.assign(new Error(detail), { problem: makeProblem(status, detail, errors) });

export const notFound = (what: string): Error => refuse(404, `there is no ${what}`);

const STATUS_OF = { 'not-found': 404, exists: 409, invalid: 422, 'over-budget': 422 } as const;

/** A refusal of the fleet, with the fields that it names. */
export const refusedBy = ({ why, problems }: Refused): Error => {
  const detail = problems
    .map(({ path, message }) => (path === '' || message.startsWith(`${path}: `) ? message : `${path}: ${message}`))
    .join('; ');
  const fields = problems.filter(({ path }) => path !== '');
  return refuse(STATUS_OF[why], detail, fields);
};

export const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(reply.request.routeOptions.config.influx ? inInfluxWords(problem) : problem);

/** Telegraf logs `error`, clients of 2.x `message`. */
const inInfluxWords = (problem: Problem): object => ({ ...problem, error: problem.detail, message: problem.detail });

/** The problem of an error that a route threw; null when it is a bug of ours, which the caller must log. */
export const problemOf = (error: FastifyError | Error, bodyLimit: number): Problem | null => {
  if ('problem' in error) return Problem.parse(error.problem);
  if (error instanceof InfluxFailure) return makeProblem(503, `the store cannot answer now: ${error.message}`);
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return makeProblem(413, `the body may have ${bodyLimit} bytes (${bodyLimit / 1024} KiB): send it in parts`);
  return status !== undefined && status >= 400 && status < 500 ? makeProblem(status, error.message) : null;
};
