import t from 'tap';
import { type Face, type Known, nothingKnown, recognise } from '../../../../../agent/probes/snmp/identity.ts';

const face = (index: number, name: string, change: Partial<Face> = {}): Face => ({
  index,
  name,
  alias: '',
  physAddress: `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}`,
  ...change,
});
const first = (...faces: Face[]): Known => recognise(nothingKnown, 'sw1', faces).known;
const ids = (before: Known, faces: readonly Face[], sysName = 'sw1') => Object.fromEntries(recognise(before, sysName, faces).ids);

t.test('identity: ids are made of names', async (t) => {
  t.same(ids(nothingKnown, [face(1, 'ge-0/0/1.100'), face(2, 'Gi1/0/2'), face(3, ''), face(4, 'Gi1-0-2')]), {
    1: 'ge-0-0-1.100',
    2: 'gi1-0-2',
    3: 'if3',
    4: 'gi1-0-2-2',
  });
});

t.test('identity: renumbered ports keep their ids', async (t) => {
  const known = first(face(1, 'eth0'), face(2, 'eth1'), face(3, 'eth2'));
  const moved = [face(11, 'eth1', { physAddress: '00:00:5e:00:53:02' }), face(12, 'eth0', { physAddress: '00:00:5e:00:53:01' })];
  t.same(ids(known, moved), { 11: 'eth1', 12: 'eth0' });
});

t.test('identity: two ports that exchange their numbers are not mixed up', async (t) => {
  const [a, b] = [face(1, 'eth0'), face(2, 'eth1')];
  const known = first(a, b);
  t.same(
    ids(known, [
      { ...b, index: 1 },
      { ...a, index: 2 },
    ]),
    { 1: 'eth1', 2: 'eth0' },
  );
});

t.test('identity: renamed at its place, with its address: the same', async (t) => {
  const known = first(face(1, 'Gi0/1'), face(2, 'Gi0/2'));
  t.same(ids(known, [face(1, 'GigabitEthernet0/1'), face(2, 'GigabitEthernet0/2')]), { 1: 'gi0-1', 2: 'gi0-2' });
});

t.test('identity: a VLAN that goes and another that comes on the same hardware address are two', async (t) => {
  const mac = { physAddress: '02:00:00:00:00:01' };
  const known = first(face(1, 'eth0', mac), face(5, 'eth0.100', mac));
  t.same(ids(known, [face(1, 'eth0', mac), face(6, 'eth0.200', mac)]), { 1: 'eth0', 6: 'eth0.200' });
});

t.test('identity: another description is another description, not another port', async (t) => {
  const known = first(face(1, 'eth0', { alias: 'customer a' }));
  t.same(ids(known, [face(1, 'eth0', { alias: 'customer b' })]), { 1: 'eth0' });
});

t.test('identity: ports of the same name are told apart by number', async (t) => {
  const same = { physAddress: '' };
  const known = first(face(1, 'Null', same), face(2, 'Null', same));
  t.same(ids(known, [face(1, 'Null', same), face(2, 'Null', same)]), { 1: 'null', 2: 'null-2' });
});

t.test('identity: one that was away comes back as the same', async (t) => {
  const known = first(face(1, 'eth0'), face(2, 'sfp1'));
  const without = recognise(known, 'sw1', [face(1, 'eth0')]).known;
  t.same(ids(without, [face(1, 'eth0'), face(9, 'sfp1', { physAddress: '00:00:5e:00:53:02' })]), { 1: 'eth0', 9: 'sfp1' });
});

t.test('identity: another box at the same address is noticed; a renamed box is not another', async (t) => {
  const known = first(face(1, 'eth0'), face(2, 'eth1'));
  t.equal(recognise(known, 'sw1-renamed', [face(1, 'eth0'), face(2, 'eth1')]).replaced, false);
  const other = [face(1, 'eth0', { physAddress: '02:ff:00:00:00:01' })];
  t.equal(recognise(known, 'sw2', other).replaced, true);
});
