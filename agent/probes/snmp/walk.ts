import type { FoundVariable } from '../../../protocol/command.ts';
import type { Row } from './ber.ts';
import { compareOids } from './oid.ts';
import type { Failure, SnmpSession } from './session.ts';
import { hexOf, isException, TYPE, textOf, valueOf } from './value.ts';

const REPETITIONS = 25;

/** Everything below `root`, in the device's order, handed to `put` as it comes; ends after `most` or when the signal aborts. null: all is told. */
export const walkSession = async (
  session: SnmpSession,
  { root, most }: { readonly root: string; readonly most: number },
  put: (found: readonly FoundVariable[]) => void,
  signal: AbortSignal,
): Promise<Failure | null> => {
  let last = '';
  for (let left = most; left > 0 && !signal.aborted; ) {
    const asked = [{ oid: root, last }];
    const answer = session.version === '1' ? await session.next(asked) : await session.bulk(asked, REPETITIONS);
    // How a walk at the end of everything ends in SNMPv1.
    if (!answer.ok) return answer.reason === 'refused' && /nosuchname/i.test(answer.status) ? null : answer;
    const below = answer.value.filter((row): row is Below => row.index !== null && row.index !== '' && !isException(row)).slice(0, left);
    for (const { index } of below) {
      if (last !== '' && compareOids(index, last) <= 0) return NOT_RISING;
      last = index;
    }
    left -= below.length;
    if (below.length > 0) put(below.map((row) => shown(root, row)));
    if (below.length < answer.value.length || below.length === 0) return null;
  }
  return null;
};

type Below = Row & { readonly index: string };

const NOT_RISING: Failure = {
  ok: false,
  reason: 'refused',
  status: 'not-rising',
  oid: null,
  detail: 'the device answers the same rows again',
};

const NAMES: Readonly<Record<number, string>> = {
  [TYPE.integer]: 'INTEGER',
  [TYPE.octets]: 'STRING',
  [TYPE.oid]: 'OID',
  [TYPE.address]: 'IpAddress',
  [TYPE.counter]: 'Counter32',
  [TYPE.gauge]: 'Gauge32',
  [TYPE.ticks]: 'Timeticks',
  [TYPE.opaque]: 'Opaque',
  [TYPE.counter64]: 'Counter64',
};

const shown = (root: string, row: Below): FoundVariable => ({
  oid: `${root}.${row.index}`,
  type: NAMES[row.type] ?? String(row.type),
  value: readable(row),
});

/** A text where the bytes are one, otherwise hex. */
const readable = (row: Row): string | number => {
  const { type, value } = row;
  if (type !== TYPE.octets || !(value instanceof Uint8Array)) return valueOf(row, 'auto') ?? '';
  const isText = value.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13 || byte === 0);
  return isText ? textOf(row, 1_024) : hexOf(row);
};
