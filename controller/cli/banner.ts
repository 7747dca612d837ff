import type { Ready } from '../start/run.ts';
import { PACKAGED, PROGRAM } from '../program.ts';
import type { Settings } from '../settings.ts';

/** What a start prints once everything listens. Pure. */
export const banner = (ready: Ready, settings: Settings): string => {
  const port = new URL(ready.origin).port;
  const page = ready.setupUrl ?? ready.origin;
  const lines = [
    '',
    'Sonde is running.',
    '',
    `  Web admin    ${page}`,
    ...(ready.setupUrl === null ? [] : ['               open it to make the admin; the link works once, for 24 hours']),
    ...(settings.ssh !== null && !settings.tls
      ? [`  From afar    ssh -L ${port}:127.0.0.1:${port} ${settings.ssh.user}@${settings.ssh.host}    then open the same link at home`]
      : []),
    ...(settings.tls ? ["               its certificate is of this controller's own authority, so the browser asks once"] : []),
    `  Agents       enrol at ${settings['public-host'][0] ?? settings.hostname}:${ready.agentsPort}; a token comes from: ${PROGRAM} token create`,
    ...(ready.localAgent === null
      ? []
      : [`  Here         agent ${ready.localAgent} measures loopback; nothing leaves this host before you say so`]),
    `  Data         ${settings.data}`,
    '',
    ...(ready.problem === null ? [] : [ready.problem, '']),
    ...(PACKAGED ? [] : ['Ctrl-C stops everything.', '']),
  ];
  return lines.join('\n');
};
