import type { SmokeColumn } from '../../../protocol/api.ts';
import { zone } from '../data/location.ts';
import { delayText, lossText } from '../format/quantity.ts';
import { iso } from '../format/time.ts';

/** The chart's twin in numbers, newest first. */
export const ColumnTable = ({ columns }: { readonly columns: readonly SmokeColumn[] }) => (
  <div class="twin">
    <table class="table dense">
      <thead>
        <tr>
          <th>Time</th>
          <th class="n">Sent</th>
          <th class="n">Lost</th>
          <th class="n">Loss</th>
          <th class="n">p5</th>
          <th class="n">Median</th>
          <th class="n">p95</th>
          <th class="n">IPDV mean</th>
          <th class="n">Error bound</th>
        </tr>
      </thead>
      <tbody>
        {columns.toReversed().map((column) => (
          <tr key={column.at}>
            <td>
              <time>{iso(column.at, zone.value)}</time>
            </td>
            <td class="n">{column.sent}</td>
            <td class={column.lost === 0 ? 'n zero' : 'n'}>{column.lost}</td>
            <td class={column.lost === 0 ? 'n zero' : 'n strong'}>
              {column.sent === 0 ? (column.reason ?? 'not measured') : lossText(column.lossRatio)}
            </td>
            <td class="n">{delayText(column.rtt?.p5Ms ?? null)}</td>
            <td class="n strong">{delayText(column.rtt?.medianMs ?? null)}</td>
            <td class="n">{delayText(column.rtt?.p95Ms ?? null)}</td>
            <td class="n">{delayText(column.ipdvMeanAbsMs)}</td>
            <td class="n">± {delayText(column.errorBoundMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
