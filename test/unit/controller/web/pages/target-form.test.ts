import t from 'tap';
import { emptyForm, faultsOf, fromTarget, idOf, type TargetForm, toTarget } from '../../../../../controller/web/pages/target-form.ts';
import { Target } from '../../../../../protocol/target.ts';

const good: TargetForm = { ...emptyForm, address: 'sbc3.voxbridge.example' };
const sentences = (part: Partial<TargetForm>): string[] =>
  faultsOf({ ...good, ...part }).map((fault) => `${fault.field}: ${fault.sentence}`);

t.test('the form of a good target has no fault, and the controller takes what it makes', async (t) => {
  t.same(faultsOf(good), []);
  const form = { ...good, labels: ['country:de'], agents: ['tier=edge,pop', 'ring!=lab'], apart: '500 ms', dscp: '46' };
  const target = toTarget(form, null);
  t.same(Target.parse(target), target);
  t.same(target.agents, { in: { tier: ['edge', 'pop'] }, notIn: { ring: ['lab'] } });
  t.same(fromTarget(target), form, 'and it reads back as it was typed');
});

t.test('a round that cannot end in time says the arithmetic and offers what mends it', async (t) => {
  const [fault, ...others] = faultsOf({ ...good, count: '8', every: '5 s' });
  t.same(others, []);
  t.equal(fault?.sentence, 'A round needs 8 s: 7 s to send, 1 s to wait. 5 s is too short.');
  t.same(
    fault?.mends.map((mend) => mend.label),
    ['Every 10 s', '500 ms apart'],
  );
  for (const mend of fault?.mends ?? []) t.same(faultsOf({ ...good, count: '8', every: '5 s', [mend.field]: mend.value }), [], mend.label);
});

t.test('each field says what it takes', async (t) => {
  t.same(sentences({ address: '' }), ['address: An address or a name is needed.']);
  t.same(sentences({ address: '10.0.0.300' }), ['address: This is no IPv4 or IPv6 address and no host name.']);
  t.same(sentences({ address: '2001:db8::1', family: 'v4' }), ['family: The address is an IPv6 one.']);
  t.same(sentences({ count: 'ten' }), ['count: A round has 1 to 100 packets.']);
  t.same(sentences({ size: '9000' }), ['size: A packet carries 24 to 1,472 bytes.']);
  t.same(sentences({ labels: ['Country'] }), ['labels: "Country" is not key:value. A key has small letters, digits and _.']);
  t.same(sentences({ agents: ['edge'] }), ['agents: "edge" is not of the form key=value or key!=value.']);
});

t.test('addresses of both families and names are taken', async (t) => {
  for (const address of ['192.0.2.1', '2001:db8::1', '::1', 'localhost', 'gw.example.net']) t.same(sentences({ address }), [], address);
});

t.test('an id is what is legal of an address', async (t) => {
  t.same([idOf('GW.Example.net'), idOf('2001:db8::1'), idOf('::1')], ['gw.example.net', '2001-db8-1', '1']);
});
