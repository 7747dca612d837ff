// What a store has to do by itself. InfluxDB does its own; where its retention is for ever, what is too old of ours is deleted.
import { InfluxFailure } from './failure.ts';
import { identifier } from './influxql.ts';
import type { Reader } from './reader.ts';

/** A server with a retention of its own deletes by itself, and other people's points may lie in the same database: only series with our tags `agent` and `origin` go, on 1.x. */
export const deleteBefore = async (reader: Reader, before: number): Promise<number> => {
  const { dialect, place } = await reader.connection.ready();
  if (dialect.major !== 1 || place.retentionMs !== null) return 0;
  const old = `time < ${Math.floor(before)}ms`;
  let deleted = 0;
  for (const ours of ['agent =~ /.+/', 'origin =~ /.+/'])
    for (const { rows } of await reader.ask(`SHOW MEASUREMENTS WHERE ${ours}`))
      for (const [name] of rows) {
        const from = `FROM ${identifier(String(name))} WHERE ${ours} AND ${old}`;
        const tables = await reader.ask(`SELECT count(*) ${from} GROUP BY *`);
        for (const { rows: counts } of tables)
          for (const [, ...values] of counts) deleted += Math.max(0, ...values.map((value) => (typeof value === 'number' ? value : 0)));
        if (tables.length > 0) await reader.ask(`DELETE ${from}`);
      }
  return deleted;
};

/** Bytes of the database's shards, and of those of other databases of ours, as 1.x tells an admin; 0 where the server does not tell. */
export const sizeBytes = async (reader: Reader, others: readonly string[] = []): Promise<number> => {
  const { dialect } = await reader.connection.ready();
  if (dialect.major !== 1) return 0;
  try {
    const shards = await reader.ask(`SHOW STATS FOR 'shard'`);
    return shards
      .filter(({ tags }) => [reader.source.database, ...others].includes(tags['database'] ?? ''))
      .reduce((sum, { columns, rows }) => sum + Number(rows[0]?.[columns.indexOf('diskBytes')] ?? 0), 0);
  } catch (error) {
    if (error instanceof InfluxFailure && error.kind !== 'unreachable') return 0;
    throw error;
  }
};
