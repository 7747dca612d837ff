import type { Problem } from '../../../protocol/api.ts';

/** What went wrong, in the controller's words where it said some. `status` 0: it was not reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Partial<Problem>;

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? (status === 0 ? 'The controller did not answer' : `The controller answered ${status}`));
    this.status = status;
    this.problem = problem;
  }
}

/** One request to /api/v1. Our own server is trusted to answer in the contract's shape. Throws ApiError. */
export const request = async <T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> => {
  const init: RequestInit = { method, signal: signal ?? null, credentials: 'same-origin' };
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(`/api/v1${path}`, init).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, { title: 'The controller did not answer' });
  });
  const text = await response.text();
  const answer: unknown = text === '' ? null : parse(text);
  if (!response.ok) throw new ApiError(response.status, typeof answer === 'object' && answer !== null ? answer : {});
  return answer as T; // the border: our own server, checked by its own tests against the same contract
};

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>('GET', path, undefined, signal);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** A pair's path in the API and in the web admin: agent/target/probe. */
export const pairPath = (agent: string, task: string): string =>
  `${encodeURIComponent(agent)}/${task.split('/').map(encodeURIComponent).join('/')}`;
