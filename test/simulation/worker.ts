// One world in a process of its own; the part to simulate is its argument, the result its one message.
import { mutate } from './mutations.ts';
import type { Part } from './runner.ts';

const part = JSON.parse(process.argv[2] ?? '{}') as Part; // Border: our own runner's argument.
if (part.mutation !== undefined) mutate(part.mutation);
const { simulate } = await import('./world.ts'); // after the mutation, which must see the product's files first
const result = await simulate(part);
process.send?.(result, () => process.exit(0));
