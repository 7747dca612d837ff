import t from 'tap';
import { sensorOf } from '../../../../../agent/probes/snmp/sensor.ts';

const row = (change: object) => sensorOf({ type: 8, scale: 9, precision: 0, value: 25, status: 1, ...change });

t.test('sensor: scale and precision make one number', async (t) => {
  t.same(row({}), { value: 25, unit: 'celsius' });
  t.same(row({ value: 253, precision: 1 }), { value: 25.3, unit: 'celsius' });
  t.same(row({ type: 4, scale: 8, value: 3_305 }), { value: 3.305, unit: 'volts_dc' });
  t.same(row({ type: 6, scale: 8, precision: 3, value: 563 }), { value: 0.000563, unit: 'watts' });
  t.same(row({ type: 14, precision: 1, value: -72 }), { value: -7.2, unit: 'dbm' });
  t.same(row({ type: 7, scale: 10, value: 2 }), { value: 2_000, unit: 'hertz' });
});

t.test('sensor: not present and out of order are no values', async (t) => {
  t.equal(row({ status: 2 }), null);
  t.equal(row({ status: 3 }), null);
  t.equal(row({ value: null }), null);
  t.same(row({ status: null, scale: null, precision: null }), { value: 25, unit: 'celsius' });
});
