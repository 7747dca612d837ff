// npm run bench -- NAME [--json]: measures, beside its peer, and says which bounds hold. Exit code 1 when one does not.
import { accuracy } from './accuracy.ts';
import { alerts } from './alerts.ts';
import { type Bench, type BenchResult, table } from './bench.ts';
import { embedded } from './embedded.ts';
import { footprint } from './footprint.ts';
import { icmp } from './icmp.ts';
import { ingest } from './ingest.ts';
import { interfaces } from './interface.ts';
import { memory } from './memory.ts';
import { packages } from './package.ts';
import { query } from './query.ts';
import { snmp } from './snmp.ts';
import { verdict } from './verdict.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  icmp,
  accuracy,
  footprint,
  alerts,
  interface: interfaces,
  verdict,
  embedded,
  query,
  ingest,
  memory,
  snmp,
  package: packages,
};

const main = async (words: readonly string[]): Promise<number> => {
  const name = words.find((word) => !word.startsWith('-'));
  const bench = name === undefined ? undefined : BENCHES[name];
  if (name === undefined || bench === undefined) {
    console.log(
      `npm run bench -- NAME [--json]\n\n${table(
        ['NAME', ''],
        Object.entries(BENCHES).map(([one, { about }]) => [one, about]),
      )}`,
    );
    return name === undefined ? 0 : 64;
  }
  const result = await bench.run(
    console.log,
    words.filter((word) => word !== name && word !== '--json'),
  );
  const misses = result.bounds.filter(({ holds }) => !holds);
  console.log(`\n${tableOf(result)}`);
  if (words.includes('--json')) {
    const missed = misses.map(
      ({ name: bound, measured, wanted, note }) =>
        `${bound}: ${measured ?? 'nothing measured'}, wanted ${wanted}${note === undefined ? '' : ` (${note})`}`,
    );
    console.log(
      JSON.stringify({ bench: name, figures: result.figures, bounds: result.bounds, holds: misses.length === 0, misses: missed }),
    );
  }
  return misses.length === 0 ? 0 : 1;
};

const tableOf = ({ figures, bounds }: BenchResult): string =>
  [
    table(['figure', 'value'], Object.entries(figures)),
    '',
    table(
      ['bound', 'measured', 'wanted', 'holds'],
      bounds.map(({ name, measured, wanted, holds }) => [name, measured, wanted, holds ? 'yes' : 'NO']),
    ),
    ...bounds.flatMap(({ name, note }) => (note === undefined ? [] : [`  ${name}: ${note}`])),
  ].join('\n');

process.exitCode = await main(process.argv.slice(2));
