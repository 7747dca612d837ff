import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '../../protocol/random.ts';

const derive = promisify(argon2);
/** OWASP's second choice for Argon2id (19 MiB, two passes): about 40 ms on one core, and little enough memory for a small host. */
const COST = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;

export interface Passwords {
  /** `argon2id$<memory>$<passes>$<nonce hex>$<tag hex>`. */
  hash(password: string): Promise<string>;
  /** A null hash (nobody of that login) takes as long as a wrong password, and is false. */
  verify(password: string, hash: string | null): Promise<boolean>;
}

/** One password at a time, so that many sign-ins at once cannot take the memory. */
export const openPasswords = (random: Random): Passwords => {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  };
  const nobody = format(random.hex(16), random.hex(COST.tagLength));
  return {
    hash: (password) =>
      inTurn(async () => {
        const nonce = random.hex(16);
        const tag = await derive('argon2id', { message: password, nonce: Buffer.from(nonce, 'hex'), ...COST });
        return format(nonce, tag.toString('hex'));
      }),
    verify: (password, hash) => inTurn(async () => (await matches(password, hash ?? nobody)) && hash !== null),
  };
};

const format = (nonce: string, tag: string): string => `argon2id$${COST.memory}$${COST.passes}$${nonce}$${tag}`;

const matches = async (password: string, hash: string): Promise<boolean> => {
  const [, memory = '', passes = '', nonce = '', tag = ''] = hash.split('$');
  const expected = Buffer.from(tag, 'hex');
  const parameters = { message: password, nonce: Buffer.from(nonce, 'hex'), memory: Number(memory), passes: Number(passes) };
  const derived = await derive('argon2id', { ...parameters, parallelism: COST.parallelism, tagLength: expected.length });
  return timingSafeEqual(derived, expected);
};
