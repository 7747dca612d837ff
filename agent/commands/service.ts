import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { PACKAGED } from '../program.ts';
import { DATA, EXIT } from '../settings.ts';
import type { Step } from '../../protocol/steps.ts';

/**
 * Does the work as the owner of the directory when root runs it: what is written belongs to the service's own user, and nothing that this user may have
 * put there leads root elsewhere. A directory that is not there yet will be root's.
 */
export const asOwnerOf = async <T>(directory: string, work: () => Promise<T>): Promise<T> => {
  const owner = statSync(directory, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || owner === undefined || owner.uid === 0) return work();
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
};

/** Starts the service of the package, now and at each boot; null where there is none to start. */
export const startService = (data: string): Step | null => {
  if (!PACKAGED || data !== DATA || process.geteuid?.() !== 0 || !existsSync('/run/systemd/system')) return null;
  const { status, stderr } = spawnSync('systemctl', ['enable', '--now', 'sonde-agent.service'], { encoding: 'utf8' });
  return status === 0
    ? { step: 'service', ok: true, detail: 'sonde-agent runs, and starts with the host' }
    : { step: 'service', ok: false, detail: stderr.trim(), fix: 'journalctl -u sonde-agent says why it ended', exit: EXIT.software };
};
