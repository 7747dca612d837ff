import type { CompiledQuery, Kysely } from 'kysely';
import type { Tables } from './tables.ts';

interface Compilable<Row> {
  compile(): CompiledQuery<Row>;
}

/**
 * A query of hot paths: Kysely would build and compile it anew each time, which takes longer than SQLite does. Values are given in the order in
 * which they stand in the query, whatever `build` was made with. Throws a RangeError when they are not as many.
 */
export const compiledOnce = <Row>(build: (db: Kysely<Tables>) => Compilable<Row>) => {
  let compiled: CompiledQuery<Row> | null = null;
  return async (db: Kysely<Tables>, ...values: readonly unknown[]): Promise<Row[]> => {
    compiled ??= build(db).compile();
    if (values.length !== compiled.parameters.length)
      throw new RangeError(`${values.length} values for ${compiled.parameters.length} places: ${compiled.sql}`);
    return (await db.executeQuery<Row>({ ...compiled, parameters: values })).rows;
  };
};

/** The value of a setting, by its key. */
export const readSetting = compiledOnce((db) => db.selectFrom('settings').select('value').where('key', '=', ''));
