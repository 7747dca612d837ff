import { spawn } from 'node:child_process';
import t, { type Test } from 'tap';
import { keepChild, type KeptChild } from '../../../agent/kept-child.ts';
import { systemClock } from '../../../protocol/time.ts';

type To = { readonly say: string } | { readonly end: number };
type From = { readonly heard: string } | { readonly pid: number };

/** Says its pid, gives back what it hears, and ends when it is told to. */
const ECHO = `
process.on('message', (message) => {
  if (message.end !== undefined) process.exit(message.end);
  process.send({ heard: message.say });
});
process.send({ pid: process.pid });
`;

const open = (t: Test, program = process.execPath) => {
  const messages: From[] = [];
  const endings: (string | null)[] = [];
  const waiting: (() => void)[] = [];
  const kept: KeptChild<To> = keepChild<To, From>({
    clock: systemClock,
    spawn: () => spawn(program, ['-e', ECHO], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
    take: (message) => {
      messages.push(message);
      waiting.splice(0).forEach((go) => go());
    },
    ended: (how) => {
      endings.push(how);
      waiting.splice(0).forEach((go) => go());
    },
  });
  t.teardown(() => kept[Symbol.asyncDispose]());
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) await new Promise<void>((resolve) => void waiting.push(resolve));
  };
  return { kept, messages, endings, until };
};

t.test('kept child: it hears and is heard, and what is sent while none runs is lost', async (t) => {
  const { kept, messages, until } = open(t);
  kept.send({ say: 'too early' });
  t.equal(kept.pid(), null);
  kept.start();
  kept.start();
  await until(() => messages.length === 1);
  t.strictSame(messages, [{ pid: kept.pid() }]);
  kept.send({ say: 'hello' });
  await until(() => messages.length === 2);
  t.strictSame(messages[1], { heard: 'hello' });
});

t.test('kept child: it is started again however it ends', async (t) => {
  const { kept, messages, endings, until } = open(t);
  kept.start();
  await until(() => messages.length === 1);
  kept.send({ end: 7 });
  await until(() => messages.length === 2);
  t.strictSame(endings, ['exit code 7']);
  process.kill(kept.pid() ?? 0, 'SIGKILL');
  await until(() => messages.length === 3);
  t.strictSame(endings, ['exit code 7', 'SIGKILL']);
  t.equal(kept.restarts(), 2);
  t.equal(new Set(messages.map((message) => ('pid' in message ? message.pid : 0))).size, 3);
});

t.test('kept child: a program that is not there is tried again', async (t) => {
  const { kept, endings, until } = open(t, '/nowhere/program');
  kept.start();
  await until(() => endings.length === 2);
  t.strictSame(endings, ['could not be started', 'could not be started']);
});

t.test('kept child: disposed, it ends and stays ended', async (t) => {
  const { kept, messages, endings, until } = open(t);
  kept.start();
  await until(() => messages.length === 1);
  const pid = kept.pid() ?? 0;
  await kept[Symbol.asyncDispose]();
  t.strictSame(endings, [null]);
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  t.equal(kept.pid(), null);
});
