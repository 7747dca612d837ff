import t from 'tap';
import {
  axisNumbers,
  axisText,
  bytesText,
  count,
  delayText,
  lossText,
  plural,
  rate,
  signed,
  unbroken,
  valueText,
} from '../../../../../controller/web/format/quantity.ts';

t.test('a delay has three figures and the unit that suits it', async (t) => {
  const cases = [
    [0, '0 ms'],
    [0.0042, '4.20 µs'],
    [0.0413, '41 µs'],
    [0.43, '0.43 ms'],
    [8.637, '8.64 ms'],
    [18.44, '18.4 ms'],
    [376.2, '376 ms'],
    [9999, '9999 ms'],
    [12_340, '12.3 s'],
    [-0.4, '−0.40 ms'],
    [null, '–'],
  ] as const;
  for (const [ms, text] of cases) t.equal(delayText(ms), text);
});

t.test('loss that is not zero never reads as zero, loss that is not all never as 100 %', async (t) => {
  t.same([0, 0.0004, 0.004, 0.062, 0.9995, 1, null].map(lossText), ['0', '< 0.1 %', '0.4 %', '6.2 %', '> 99.9 %', '100 %', '–']);
});

t.test('counts are grouped, rates keep what matters, signs are signs', async (t) => {
  t.equal(count(12480), '12,480');
  t.same([0, 0.033, 0.4, 1, 3.14, 37.8, 40, 121_400].map(rate), ['0', '0.03', '0.4', '1.0', '3.1', '37.8', '40', '121,400']);
  t.same([9.83, -0.4].map(signed), ['+9.8', '−0.4']);
  t.same([bytesText(900), bytesText(9e6), bytesText(214_000)], ['900 B', '9.0 MB', '214 kB']);
  t.same([plural(1, 'agent'), plural(4, 'agent'), plural(2, 'try', 'tries')], ['1 agent', '4 agents', '2 tries']);
});

t.test('an axis has no zeros behind the point', async (t) => {
  t.same([60, 0.8, 0.08, 15_000].map(axisText), ['60 ms', '0.8 ms', '80 µs', '15 s']);
});

t.test('a number stays with its unit at the end of a line', async (t) => {
  t.equal(unbroken('loses 6.2 % after 40 s'), 'loses 6.2\u00a0% after 40\u00a0s');
});

t.test('a value of any kind: whole ones in full, of others the digits that matter', async (t) => {
  const cases = [
    [7_195_729_919, '7,195,729,919'],
    [-12, '−12'],
    [0.0433017456, '0.0433017'],
    [18.4412345, '18.4412'],
    [1_234_567.891, '1,234,567.89'],
  ] as const;
  for (const [value, text] of cases) t.equal(valueText(value), text);
});

t.test('numbers of an axis: k, M, G, and the figures that tell them apart', async (t) => {
  t.same(axisNumbers([0, 2e9, 4e9], 2e9), ['0', '2 G', '4 G']);
  t.same(axisNumbers([7_195_000_000, 7_195_500_000], 500_000), ['7.195 G', '7.1955 G']);
  t.same(axisNumbers([0, 250_000, 500_000], 250_000), ['0', '250 k', '500 k']);
  t.same(axisNumbers([0, 0.05, 0.1], 0.05), ['0', '0.05', '0.1']);
  t.same(axisNumbers([-2, 0, 2], 2), ['−2', '0', '2']);
});
