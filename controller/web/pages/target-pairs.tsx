import { usePairs } from '../data/lists.ts';
import { plural } from '../format/quantity.ts';
import { CsvLink, Empty } from '../parts/basics.tsx';
import { PairTable } from './pair-table.tsx';

/** Who measures the target, and what they see. */
export const TargetPairs = ({ id }: { readonly id: string }) => {
  const { rows } = usePairs({ target: id });
  if (!rows) return null;
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Seen from</h2>
        <span class="ink3">{plural(rows.length, 'agent')}</span>
        <span class="grow" />
        <CsvLink path={`/pairs?target=${id}`} tiny />
      </div>
      {rows.length === 0 ? (
        <Empty title="No agent measures it">No enrolled agent has the labels that it asks for.</Empty>
      ) : (
        <PairTable pairs={rows} without="target" />
      )}
    </section>
  );
};
