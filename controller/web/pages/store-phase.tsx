import type { InfluxView } from '../../../protocol/store-api.ts';
import { type Shape, State } from '../parts/state.tsx';

const phases: { readonly [K in InfluxView['phase']]: readonly [Shape, string] } = {
  unknown: ['waiting', 'not asked yet'],
  ok: ['ok', 'writes'],
  unreachable: ['firing', 'cannot be reached'],
  slow: ['degraded', 'answers too slowly'],
  unauthorised: ['firing', 'refuses the login'],
  missing: ['firing', 'has no such database'],
  'disk-full': ['firing', 'its disk is full'],
  busy: ['degraded', 'asks us to wait'],
  'too-large': ['degraded', 'finds requests too large'],
  'refused-lines': ['degraded', 'refused lines'],
  failing: ['firing', 'fails'],
};

/** What an InfluxDB does now, as a shape and in words. */
export const PhaseMark = ({ phase }: { readonly phase: InfluxView['phase'] }) => <State shape={phases[phase][0]} word={phases[phase][1]} />;
