import { isSea } from 'node:sea';

/** Whether this is the executable of the package and not a checkout. */
export const PACKAGED = isSea();

/** How a person starts this program here. */
export const PROGRAM = PACKAGED ? 'sonde-controller' : 'npm run controller --';
/** How a person starts the agent here. */
export const AGENT_PROGRAM = PACKAGED ? 'sonde-agent' : 'npm run agent --';
/** What brings the whole up. */
export const START = PACKAGED ? 'systemctl start sonde-controller' : 'npm start';
