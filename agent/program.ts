import { isSea } from 'node:sea';

/** Whether this is the executable of the package and not a checkout. */
export const PACKAGED = isSea();

/** How a person starts this program here. */
export const PROGRAM = PACKAGED ? 'sonde-agent' : 'npm run agent --';

/** The same where only what it prints is wanted, as into a file. */
export const QUIET_PROGRAM = PACKAGED ? 'sonde-agent' : 'npm run --silent agent --';
