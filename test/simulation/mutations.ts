import { registerHooks } from 'node:module';
import type { Failure } from './journal.ts';

/** A bug put into one file of the product as it is loaded: the text `from` becomes `to`. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The promises of which the simulation may say that they are broken by it. */
  readonly breaks: readonly Failure['promise'][];
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {};

/** From here on that file is loaded with the bug. Throws when the text is not there any more: then the mutation must follow the code. */
export const mutate = (name: string): void => {
  const mutation = MUTATIONS[name];
  if (mutation === undefined) throw new Error(`no mutation "${name}"`);
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(`/${mutation.file}`)) return loaded;
      const source = String(loaded.source);
      if (!source.includes(mutation.from)) throw new Error(`mutation "${name}": ${mutation.file} has no "${mutation.from}"`);
      return { ...loaded, source: source.replace(mutation.from, () => mutation.to) };
    },
  });
};
