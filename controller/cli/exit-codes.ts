/** sysexits(3): what a script or systemd can tell apart. */
export const EXIT = {
  ok: 0,
  /** It ran, and the answer is no: a rule's test that fails. */
  no: 1,
  software: 70,
  usage: 64,
  data: 65,
  unavailable: 69,
  cannotCreate: 73,
  retry: 75,
  noPermission: 77,
  config: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command could not do: one message for the operator, and the code to end with. */
export class CommandFailed extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.code = code;
  }
}
