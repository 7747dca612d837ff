import type { Row } from './ber.ts';
import type { Failure } from './session.ts';
import type { Reading } from './table.ts';
import { isException } from './value.ts';

export type Scalars = { readonly ok: true; readonly values: ReadonlyMap<string, Row> } | { readonly ok: false; readonly failure: Failure };

/** Variables in one GET: some devices take no more. */
const AT_ONCE = 20;

/** Reads single variables. Those that the device does not have are noted in `missing` and are not asked again by the caller's will.
 * Not ok: the device did not answer at all. */
export const readScalars = async (reading: Reading, oids: readonly string[], missing: Set<string>): Promise<Scalars> => {
  const values = new Map<string, Row>();
  const wanted = oids.filter((oid) => !missing.has(oid));
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const failure = await readSome(reading, wanted.slice(from, from + AT_ONCE), values, missing);
    if (failure !== null) return { ok: false, failure };
    if (reading.clock.monotonic() >= reading.deadlineMs) break;
  }
  return { ok: true, values };
};

const readSome = async (
  reading: Reading,
  oids: readonly string[],
  values: Map<string, Row>,
  missing: Set<string>,
): Promise<Failure | null> => {
  let left = [...oids];
  // Each turn takes at least one away: SNMPv1 refuses the whole GET for one name that it does not have.
  while (left.length > 0) {
    const sentMs = reading.clock.monotonic();
    const answer = await reading.session.get(left);
    reading.slowestMs = Math.max(reading.slowestMs, reading.clock.monotonic() - sentMs);
    if (answer.ok) {
      reading.variables += answer.value.length;
      const asked = left;
      answer.value.forEach((row, i) => {
        // Some devices write another OID above their answer: its place says what it answers.
        const oid = asked[i] ?? '';
        if (isException(row)) missing.add(oid);
        else values.set(oid, row);
      });
      return null;
    }
    if (answer.reason !== 'refused') return answer;
    if (/toobig/i.test(answer.status) && left.length > 1) {
      const half = Math.ceil(left.length / 2);
      return (await readSome(reading, left.slice(0, half), values, missing)) ?? readSome(reading, left.slice(half), values, missing);
    }
    const culprit = left.find((oid) => oid === answer.oid) ?? (left.length === 1 ? left[0] : undefined);
    if (culprit === undefined) {
      // It does not say which: one by one.
      const [first = '', ...rest] = left;
      return (await readSome(reading, [first], values, missing)) ?? readSome(reading, rest, values, missing);
    }
    missing.add(culprit);
    left = left.filter((oid) => oid !== culprit);
  }
  return null;
};
