/** One line per change of state, never per packet or round. `event` is a kebab-case constant, `message` what an operator reads, `fields` the numbers. */
export interface Log {
  info(event: string, message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** For tests and for parts that nobody listens to. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
