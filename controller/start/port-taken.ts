import { createServer } from 'node:net';
import { once } from 'node:events';
import { CommandFailed, EXIT } from '../cli/exit-codes.ts';

/** Runs `listen`; when the port is taken or not ours to take, throws CommandFailed with the flag that changes it. */
export const explainListen = async <T>(flag: 'http' | 'mqtt', port: number, listen: () => Promise<T>): Promise<T> => {
  try {
    return await listen();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const other = `choose another one: --${flag} ${port + 1}`;
    if (code === 'EADDRINUSE') throw new CommandFailed(EXIT.unavailable, `port ${port} is in use by another program: stop it, or ${other}`);
    if (code === 'EACCES' && port < 1024)
      throw new CommandFailed(
        EXIT.unavailable,
        `port ${port} is not this user's to open: take one above 1023, such as --${flag} ${port + 8000}`,
      );
    throw error;
  }
};

/** Finds out before anything is made whether the port can be had. The real listener may still fail, a moment later. */
export const tryPort = async (flag: 'http' | 'mqtt', host: string, port: number): Promise<void> => {
  await explainListen(flag, port, async () => {
    const server = createServer().listen({ host, port, exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });
};
