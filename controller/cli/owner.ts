import { statSync } from 'node:fs';

/** Root goes on as the owner of the directory: files that are made there then belong to the service's own user. Nothing happens for others. */
export const becomeOwnerOf = (directory: string): void => {
  const owner = statSync(directory, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || owner === undefined || owner.uid === 0) return;
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
};
