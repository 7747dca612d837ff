import { useState } from 'preact/hooks';
import type { PortView } from '../../../protocol/api-devices.ts';
import { go, query, setQuery } from '../data/location.ts';
import { plural } from '../format/quantity.ts';
import { bitsText, perSecond, portWord, shareText, speedText, whyNoRate } from '../format/traffic.ts';
import { hasWords } from '../format/words.ts';
import { Link } from '../parts/basics.tsx';
import { PortStateMark, UtilisationBars } from '../parts/device-state.tsx';
import { Search, searchText } from '../parts/search.tsx';
import { useRowKeys } from '../shell/keys.ts';

type Order = 'number' | 'use' | 'errors' | 'name';
const orders: readonly (readonly [Order, string])[] = [
  ['number', 'by number'],
  ['use', 'fullest first'],
  ['errors', 'most errors first'],
  ['name', 'by name'],
];

const use = ({ rates }: PortView): number => Math.max(rates?.inUtilizationRatio ?? 0, rates?.outUtilizationRatio ?? 0);
const traffic = ({ rates }: PortView): number => (rates?.inBitsPerSecond ?? 0) + (rates?.outBitsPerSecond ?? 0);
const faults = ({ rates }: PortView): number =>
  (rates?.inErrorsPerSecond ?? 0) +
  (rates?.outErrorsPerSecond ?? 0) +
  (rates?.inDiscardsPerSecond ?? 0) +
  (rates?.outDiscardsPerSecond ?? 0);

const sorters: Readonly<Record<Order, (a: PortView, b: PortView) => number>> = {
  number: (a, b) => a.index - b.index,
  use: (a, b) => use(b) - use(a) || traffic(b) - traffic(a),
  errors: (a, b) => faults(b) - faults(a),
  name: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
};

/** Ports with how full they are both ways; filter and order stand in the URL. */
export const PortTable = ({ device, ports }: { readonly device: string; readonly ports: readonly PortView[] }) => {
  const text = searchText();
  const order = orders.find(([name]) => name === query.value.get('order'))?.[0] ?? 'number';
  const shown = ports
    .filter((port) => hasWords(text, [port.name, port.alias, port.descr, portWord(port), port.physAddress]))
    .toSorted(sorters[order]);
  const [selected, select] = useState(-1);
  useRowKeys(shown.length, selected, select, (index) => {
    const row = shown[index];
    if (row) go(`/devices/${device}/ports/${row.id}`);
  });
  return (
    <>
      <div class="panel-head ruled">
        <h2>Ports</h2>
        <Search placeholder="Name, description, up, down" label="Filter ports" found={plural(shown.length, 'port')} />
        <select
          class="input order phone-off"
          aria-label="Order of the ports"
          value={order}
          onChange={(event) => setQuery({ order: event.currentTarget.value === 'number' ? null : event.currentTarget.value })}
        >
          {orders.map(([name, word]) => (
            <option key={name} value={name}>
              {word}
            </option>
          ))}
        </select>
      </div>
      {ports.length === 0 ? (
        <p class="note ink2">No port has been read yet. They appear with the first poll that the device answers; rates with the second.</p>
      ) : (
        <div class="scroll-x">
          <table class="table dense">
            <thead>
              <tr>
                <th>Port</th>
                <th>State</th>
                <th class="phone-off">Speed</th>
                <th>Use</th>
                <th class="n">In</th>
                <th class="n">Out</th>
                <th class="n phone-off">Errors /s</th>
                <th class="n phone-off">Discards /s</th>
                <th class="phone-off">Description</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((port, index) => (
                <Row key={port.id} port={port} on={index === selected} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
};

const Row = ({ port, on }: { readonly port: PortView; readonly on: boolean }) => {
  const { rates } = port;
  const errors = rates ? (rates.inErrorsPerSecond ?? 0) + (rates.outErrorsPerSecond ?? 0) : null;
  const discards = rates ? (rates.inDiscardsPerSecond ?? 0) + (rates.outDiscardsPerSecond ?? 0) : null;
  const to = `/devices/${port.device}/ports/${port.id}`;
  return (
    <tr class={on ? 'link on' : 'link'} onClick={() => go(to)}>
      <td>
        <Link to={to} class="name">
          {port.name || port.id}
        </Link>
      </td>
      <td>
        <PortStateMark port={port} />
      </td>
      <td class="phone-off ink2">{speedText(port.speedBps)}</td>
      <td>
        <span class="row">
          <UtilisationBars port={port} />
          <span class="small ink2 num util-words">
            {rates ? `${shareText(rates.inUtilizationRatio)} · ${shareText(rates.outUtilizationRatio)}` : ''}
          </span>
        </span>
      </td>
      <td class="n strong" title={rates ? undefined : whyNoRate(port.noRate)}>
        {bitsText(rates?.inBitsPerSecond)}
      </td>
      <td class="n strong">{bitsText(rates?.outBitsPerSecond)}</td>
      <td class={`n phone-off ${errors ? 'strong' : 'zero'}`}>{perSecond(errors)}</td>
      <td class={`n phone-off ${discards ? 'strong' : 'zero'}`}>{perSecond(discards)}</td>
      <td class="phone-off ink2 cut">{port.alias || (port.descr === port.name ? '' : port.descr)}</td>
    </tr>
  );
};
