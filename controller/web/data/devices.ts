import { useEffect } from 'preact/hooks';
import type { DeviceEvent, DeviceView, PortView } from '../../../protocol/api-devices.ts';
import { every } from './clock.ts';
import { type Resource, useResource } from './resource.ts';

/** Devices are polled each minute or so: looking again this often is soon enough. */
const LOOK_MS = 10_000;

/** What lies at a path, asked for again while somebody looks. */
const useFresh = <T>(path: string | null): Resource<T> => {
  const resource = useResource<T>(path);
  const { reload } = resource;
  useEffect(
    () =>
      every(LOOK_MS, () => {
        if (!document.hidden) reload();
      }),
    [reload],
  );
  return resource;
};

const devicePath = (id: string): string => `/devices/${encodeURIComponent(id)}`;

export const useDevices = (): Resource<{ devices: DeviceView[] }> => useFresh('/devices');
export const useDevice = (id: string): Resource<DeviceView> => useFresh(devicePath(id));
export const usePorts = (id: string): Resource<{ ports: PortView[] }> => useFresh(`${devicePath(id)}/ports`);
export const usePort = (id: string, port: string): Resource<PortView> => useFresh(`${devicePath(id)}/ports/${encodeURIComponent(port)}`);
export const useDeviceEvents = (id: string, port?: string): Resource<{ events: DeviceEvent[] }> =>
  useFresh(`${devicePath(id)}/events?limit=50${port === undefined ? '' : `&port=${encodeURIComponent(port)}`}`);
