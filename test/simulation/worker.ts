// Worlds in a process of their own, one after the other: each message is a part to simulate, each answer its result.
import { mutate } from './mutations.ts';
import type { Part } from './runner.ts';

let isFirst = true;

process.on('message', async (message) => {
  const part = message as Part; // Border: our own runner's message.
  if (isFirst && part.mutation !== undefined) mutate(part.mutation);
  isFirst = false;
  const { simulate } = await import('./world.ts'); // after the mutation, which must see the product's files first
  process.send?.(await simulate(part));
});
process.on('disconnect', () => process.exit(0));
