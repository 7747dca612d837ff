import type { Systeminformation } from 'systeminformation';
import type { Inventory } from '../../../protocol/probes/host.ts';

type Facts = {
  readonly system: Pick<Systeminformation.SystemData, 'manufacturer' | 'model' | 'virtual'>;
  readonly os: Pick<Systeminformation.OsData, 'distro' | 'release' | 'kernel' | 'arch'>;
  readonly cpu: Pick<Systeminformation.CpuData, 'manufacturer' | 'brand' | 'cores' | 'physicalCores'>;
  readonly memory: Pick<Systeminformation.MemData, 'total'>;
  readonly interfaces: readonly Systeminformation.NetworkInterfacesData[];
};

const MOST_INTERFACES = 2_000;

/** What systeminformation says, without what names a person or a machine (serial numbers, UUIDs, MAC addresses). Pure. */
export const describeMachine = ({ system, os, cpu, memory, interfaces }: Facts, tookMs: number): Inventory => ({
  system: { manufacturer: text(system.manufacturer), model: text(system.model), virtual: system.virtual === true },
  os: { distro: text(os.distro), release: text(os.release), kernel: text(os.kernel), arch: text(os.arch) },
  cpu: { model: text(`${cpu.manufacturer} ${cpu.brand}`.trim()), cores: whole(cpu.cores), physicalCores: whole(cpu.physicalCores) },
  memoryBytes: whole(memory.total),
  interfaces: interfaces.slice(0, MOST_INTERFACES).map((one) => ({
    name: text(one.iface).slice(0, 64),
    type: text(one.type),
    dhcp: typeof one.dhcp === 'boolean' ? one.dhcp : null,
    duplex: text(one.duplex),
    mtu: typeof one.mtu === 'number' && one.mtu >= 0 ? Math.round(one.mtu) : null,
    speedMbps: typeof one.speed === 'number' && one.speed > 0 ? one.speed : null,
  })),
  tookMs,
});

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 255) : '');
const whole = (value: unknown): number => (typeof value === 'number' && value >= 0 ? Math.round(value) : 0);
