import t from 'tap';
import { TEMPLATES } from '../../../controller/fleet/snmp/templates.ts';
import { templatesFor } from '../../../controller/fleet/snmp/vendors.ts';
import type { SnmpSample } from '../../../protocol/probes/snmp.ts';
import { openPoller } from '../../helpers/snmp-poll.ts';
import { SNMPSIM, startSnmpsim, whyWithout } from '../../helpers/snmpd.ts';
import { WALKS } from '../../helpers/walks.ts';

/** Two polls of a replayed walk, with the templates that its object id gets. */
const poll = async (port: number, community: string, objectId: string): Promise<SnmpSample> => {
  const templates = templatesFor(objectId).map((name) => TEMPLATES[name]);
  const options = {
    timeoutMs: 3_000,
    scalars: templates.flatMap(({ scalars }) => scalars),
    tables: templates.flatMap(({ tables }) => tables),
  };
  using poller = openPoller({ port, secrets: { community }, options, budgetMs: 60_000 });
  await poller.sample(0);
  return await poller.sample(60);
};
const of = (sample: SnmpSample, measurement: string) => sample.values.filter((value) => value.measurement === measurement);

t.test('templates: synthetic walks of each kind, replayed by snmpsim', { skip: whyWithout(SNMPSIM) }, async (t) => {
  await using sim = await startSnmpsim(WALKS);

  const cisco = await poll(sim.port, 'cisco', '1.3.6.1.4.1.9.12.3.1.3.1084');
  t.match(cisco, { complete: true, problems: [], changed: { configurationCs: 5_000 } });
  t.match(cisco.ports, [
    { name: 'Ethernet1/1', speedBps: 10e9, counters: { ifHCOutOctets: 5, ifHCInOctets: Number((2n ** 64n - 1n) % 2n ** 53n) } },
    { name: 'mgmt0', speedBps: null, counters: { ifInOctets: 1_000 } },
  ]);
  t.match(of(cisco, 'entSensor'), [
    { tags: { entPhysicalName: 'Ethernet1/1 Receive Power Sensor', unit: 'dbm' }, fields: { value: -5.3 } },
    { tags: { unit: 'celsius' }, fields: { value: 41 } },
  ]);
  t.match(of(cisco, 'cpmCPU'), [{ fields: { cpmCPUTotal5minRev: 17 } }]);

  const juniper = await poll(sim.port, 'juniper', '1.3.6.1.4.1.2636.1.1.1.2.108');
  t.same(
    juniper.ports.map(({ id }) => id),
    ['ge-0-0-0', 'ge-0-0-0.0', 'ge-0-0-0.32767'],
  );
  t.match(of(juniper, 'jnxOperating'), [
    { tags: { index: '9.1.0.0', jnxOperatingDescr: 'Routing Engine 0' }, fields: { jnxOperatingTemp: 38 } },
  ]);
  t.match(of(juniper, 'jnxDom'), [{ tags: { ifName: 'ge-0/0/0' }, fields: { jnxDomCurrentRxLaserPower: -312 } }]);

  const mikrotik = await poll(sim.port, 'mikrotik', '1.3.6.1.4.1.14988.1');
  t.match(of(mikrotik, 'snmp'), [{ fields: { mtxrHlVoltage: 242, mtxrHlTemperature: 395 } }]);
  t.match(of(mikrotik, 'mtxrOptical'), [
    { tags: { mtxrOpticalName: 'sfp1' }, fields: { mtxrOpticalTxPower: -5_400, mtxrOpticalRxPower: -6_200 } },
  ]);
  t.match(mikrotik.ports, [{ name: 'wan: fibre (sfp1)' }]);

  const netSnmp = await poll(sim.port, 'netSnmp', '1.3.6.1.4.1.8072.3.2.10');
  t.match(of(netSnmp, 'snmp'), [{ fields: { memTotalReal: 2_036_504 } }]);
  t.match(of(netSnmp, 'laTable'), [{ tags: { laNames: 'Load-1' }, fields: { laLoadInt: 42 } }]);
  t.match(of(netSnmp, 'hrStorage'), [{ tags: { hrStorageDescr: 'Physical memory' }, fields: { hrStorageUsed: 377_928 } }]);
  t.match(of(netSnmp, 'hrProcessor'), [{ fields: { hrProcessorLoad: 10 } }]);

  const optics = await poll(sim.port, 'optics', '1.3.6.1.4.1.99999.1');
  const sensors = of(optics, 'entPhySensor');
  t.equal(sensors.length, 2, 'what is not present says nothing');
  t.match(sensors, [
    { tags: { entPhysicalName: 'Te1 Rx', unit: 'watts' }, fields: { value: 0.0004921 } },
    { tags: { unit: 'amperes' }, fields: { value: 0.00643 } },
  ]);

  const bgp = await poll(sim.port, 'bgp', '1.3.6.1.4.1.41112.1.5');
  t.match(of(bgp, 'bgpPeer'), [
    { tags: { index: '172.16.200.1', bgpPeerRemoteAs: '65000' }, fields: { bgpPeerState: 6, bgpPeerFsmEstablishedTime: 164_372 } },
    { tags: { index: '172.16.200.9' }, fields: { bgpPeerState: 3 } },
  ]);

  const ups = await poll(sim.port, 'ups', '1.3.6.1.4.1.705.1');
  t.match(ups, { complete: true, ports: [{ name: 'LOOPBACK', counters: { ifInOctets: 1_000, ifOutOctets: 2_000 } }, { name: 'eth0' }] });
  t.match(ups.ports[0]?.rates, { inOctets: 0 }, 'an up time that stands still is no reboot');
});
