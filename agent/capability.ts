/** What gives this program CAP_NET_RAW: for good, or for one start with nothing changed on disk. */
export const noRawFix = (): string =>
  `setcap cap_net_raw+ep ${process.execPath}   (as root; lost at the next npm ci)\n    or: sudo setpriv --reuid=$(id -u) --regid=$(id -g) --init-groups --inh-caps=+net_raw --ambient-caps=+net_raw npm run agent -- run`;
