/** What node:sqlite throws when the database says no: full disk, I/O error. Anything else is a bug, or the end of a simulated life. */
export const isSqliteError = (error: unknown): error is Error => error instanceof Error && 'errcode' in error;
