// What we use of node:ffi; @types/node does not have it yet.
declare module 'node:ffi' {
  type Words = { readonly i32: number; readonly u32: number; readonly u64: bigint; readonly i64: bigint; readonly buffer: Uint8Array };
  interface Signature {
    readonly arguments: readonly (keyof Words)[];
    readonly return: keyof Words;
  }
  type Called<S extends Signature> = (...words: { -readonly [K in keyof S['arguments']]: Words[S['arguments'][K]] }) => Words[S['return']];
  export const dlopen: <const D extends Readonly<Record<string, Signature>>>(
    library: string,
    definitions: D,
  ) => { readonly functions: { readonly [K in keyof D]: Called<D[K]> } };
}
