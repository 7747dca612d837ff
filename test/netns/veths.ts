import { spawnSync } from 'node:child_process';
import type { Namespace } from './namespace.ts';

/** So many veth pairs a1/b1, a2/b2, …, all up, in one call of `ip`: a call each would take a minute. */
export const openVeths = (namespace: Namespace, pairs: number): void => {
  const numbers = Array.from({ length: pairs }, (_, index) => index + 1);
  const lines = [
    ...numbers.map((n) => `link add a${n} type veth peer name b${n}`),
    ...numbers.flatMap((n) => [`link set a${n} up`, `link set b${n} up`]),
  ];
  const done = spawnSync('ip', ['-n', namespace.name, '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (done.status !== 0) throw new Error(`ip -batch: ${done.stderr}`);
};
