import { randomBytes } from 'node:crypto';

/** Randomness as an argument, so that the simulation can replay it from a seed. */
export interface Random {
  /** Uniform in [0, 1): for jitter and phases. */
  fraction(): number;
  /** `bytes` random bytes as lower-case hex: for epochs, nonces and identifiers. */
  hex(bytes: number): string;
}

export const systemRandom: Random = {
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};
