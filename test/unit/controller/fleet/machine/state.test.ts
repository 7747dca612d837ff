import t from 'tap';
import { documentOf, factsOf, machineOf } from '../../../../../controller/fleet/machine/kept.ts';
import { type MachineLatest, nothing, step } from '../../../../../controller/fleet/machine/state.ts';
import type { Listener } from '../../../../../protocol/probes/host.ts';
import { hostRound, interfaceSample, makeLink, netRound, noSockets } from '../../../../helpers/machine-rounds.ts';

const sshd: Listener = { protocol: 'tcp', address: '0.0.0.0', port: 22, uid: 0, process: { pid: 812, name: 'sshd' } };
const web: Listener = { protocol: 'tcp', address: '127.0.0.1', port: 8_080, uid: 33, process: null };

/** Rounds one after the other: the state at the end, and what was told on the way. */
const play = (rounds: readonly Parameters<typeof step>[1][], from: MachineLatest = nothing): { machine: MachineLatest; told: string[] } => {
  let machine = from;
  const told: string[] = [];
  for (const round of rounds) {
    const { machine: next, events } = step(machine, round);
    machine = next;
    told.push(...events.map(({ level, event, message }) => `${level} ${event}: ${message}`));
  }
  return { machine, told };
};

t.test('the first look tells nothing; then interfaces come, go, fall and change', async (t) => {
  const eth0 = makeLink('eth0');
  const { told } = play([
    netRound(10_000, { links: [eth0, makeLink('wg0', { kind: 'tunnel' })] }),
    netRound(20_000, {}),
    netRound(70_000, {
      links: [
        makeLink('eth0', { operState: 'down', speedBps: null }),
        makeLink('we"ird', { kind: 'bridge' }),
        makeLink('veth1', { kind: 'veth' }),
      ],
    }),
    netRound(130_000, {
      links: [makeLink('eth0', { speedBps: 1e8, duplex: 'half', mtu: 9_000, addresses: [] }), makeLink('we"ird', { kind: 'bridge' })],
    }),
  ]);

  t.same(told, [
    'warning interface-down: eth0 is down',
    'info interface-added: "we\\"ird" (bridge) is there',
    'warning interface-gone: wg0 is not there any more',
    'info interface-up: eth0 is up',
    'warning interface-duplex: eth0 is half duplex now',
    'info interface-mtu: eth0: MTU 1500 became 9000',
    'info address-gone: eth0 has not 192.0.2.7/24 any more',
  ]);
});

t.test('listeners: those of the first look are expected; what comes later is told, and louder when everybody may come in', async (t) => {
  const { machine, told } = play([
    hostRound(30_000, { sockets: { ...noSockets, listeners: [sshd] } }),
    hostRound(60_000, { sockets: null }),
    hostRound(90_000, { sockets: { ...noSockets, listeners: [sshd, web, { ...sshd, port: 4_444, process: { pid: 9, name: 'nc' } }] } }),
    hostRound(150_000, { sockets: { ...noSockets, listeners: [{ ...sshd, process: { pid: 999, name: 'sshd' } }] } }),
  ]);

  t.same(told, [
    'info listener-new: a process of user 33 listens on tcp 127.0.0.1 8080',
    'warning listener-new: nc listens on tcp 0.0.0.0 4444, open to every address',
    'info listener-gone: nobody listens on tcp 127.0.0.1 8080 any more',
    'info listener-gone: nobody listens on tcp 0.0.0.0 4444 any more',
  ]);
  t.same(machine.expected, ['tcp 0.0.0.0 22']);
  t.same([...machine.listeningSince], [['tcp 0.0.0.0 22', 30_000]], 'a restart of its process is not a new listener');
});

t.test('ephemeral ports that run out are told once, and once when they are back', async (t) => {
  const used = (ports: number) => ({
    ...noSockets,
    ephemeral: { low: 40_000, high: 40_999, size: 1_000, used: ports, worst: { address: '192.0.2.9', port: 443, used: ports } },
  });
  const { told } = play([10, 799, 801, 950, 100].map((ports, index) => hostRound(30_000 * (index + 1), { sockets: used(ports) })));

  t.same(told, [
    'warning ephemeral-ports-low: 801 of 1000 ephemeral ports are in use towards 192.0.2.9 port 443: new connections will fail',
    'info ephemeral-ports-back: there are ephemeral ports enough again',
  ]);
});

t.test('a full uplink is told when it fills and when it is free', async (t) => {
  const carries = (bytes: number) => ({ interfaces: [interfaceSample('eth0', bytes, { speedBps: 1e9 }), interfaceSample('lo', 1e12)] });
  const { told } = play([1e8, 1.2e9, 1.24e9, 5e8].map((bytes, index) => netRound(10_000 * (index + 1), carries(bytes))));

  t.same(told, ['warning uplink-saturated: eth0 is full: 96 % of its speed', 'info uplink-free: eth0 is not full any more: 40 %']);
});

t.test('what is older than what is known changes nothing, and a failed round keeps the last figures', async (t) => {
  const { machine } = play([netRound(20_000, { links: [makeLink('eth0')] }), hostRound(30_000, {})]);
  t.equal(step(machine, netRound(20_000, { links: [] })).machine, machine);
  t.equal(step(machine, hostRound(20_000, {})).machine, machine);
  const failed = step(machine, {
    ...netRound(50_000, {}),
    outcome: { status: 'failed', blame: 'agent', reason: 'probe-not-allowed', detail: 'why' },
  });
  t.match(failed.machine, { netFailure: { at: 50_000, reason: 'probe-not-allowed', detail: 'why' }, links: new Map([['eth0', {}]]) });
  t.equal(step(failed.machine, netRound(60_000, {})).machine.netFailure, null);
});

t.test('a restart of the controller forgets no link, no listener and no word of a person', async (t) => {
  const { machine } = play([
    netRound(20_000, { links: [makeLink('eth0')] }),
    hostRound(30_000, { sockets: { ...noSockets, listeners: [sshd] } }),
  ]);
  const back = machineOf(documentOf({ ...machine, expected: ['tcp 0.0.0.0 22'], expectedBy: 'ann' }));

  t.match(back, { linksAt: 20_000, socketsAt: 30_000, expected: ['tcp 0.0.0.0 22'], expectedBy: 'ann' });
  const { told } = play(
    [
      netRound(20_000, { links: [] }),
      netRound(80_000, { links: [makeLink('eth0')] }),
      hostRound(90_000, { sockets: { ...noSockets, listeners: [sshd] } }),
    ],
    back,
  );
  t.same(told, [], 'rounds that are taken once more, and all as it was: nothing to tell');
  t.equal(factsOf({ ...machine, linksAt: 99 }), factsOf(machine), 'a look that finds the same is not written down again');
});
