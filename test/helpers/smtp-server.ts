import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly login: string | null;
}

export interface SmtpServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly Mail[];
}

/** A mail server on loopback (RFC 5321, AUTH PLAIN), as far as one client needs it. `answer` says what DATA is answered with. */
export const openSmtpServer = async (
  answer: (mail: Mail) => string = () => '250 2.0.0 taken as 4711',
  auth = true,
): Promise<SmtpServer> => {
  const mails: Mail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    converse(socket, auth, (mail) => {
      const said = answer(mail);
      if (said.startsWith('2')) mails.push(mail);
      return said;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mails,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

const converse = (socket: Socket, auth: boolean, take: (mail: Mail) => string): void => {
  let kept = '';
  let from = '';
  let to: string[] = [];
  let login: string | null = null;
  let data: string[] | null = null;
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  const obey = (line: string): void => {
    if (data !== null) {
      if (line !== '.') return void data.push(line.replace(/^\.\./, '.'));
      say(take({ from, to, text: data.join('\n'), login }));
      data = null;
      to = [];
      return;
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') say(auth ? '250-test\r\n250 AUTH PLAIN' : '250 test');
    else if (verb === 'AUTH') {
      login = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString('utf8')
        .split('\0')
        .slice(1)
        .join(':');
      say(login.endsWith(':right') ? '235 2.7.0 welcome' : '535 5.7.8 no such name or password');
    } else if (verb === 'MAIL') say(((from = /<(.*)>/.exec(line)?.[1] ?? ''), '250 ok'));
    else if (verb === 'RCPT') say((to.push(/<(.*)>/.exec(line)?.[1] ?? ''), '250 ok'));
    else if (verb === 'DATA') say(((data = []), '354 go on'));
    else if (verb === 'STAR') say('502 5.5.1 not here');
    else if (verb === 'QUIT') socket.end('221 bye\r\n');
    else say('250 ok');
  };
  say('220 test ESMTP');
  socket.on('data', (bytes: Buffer) => {
    kept += bytes.toString('utf8');
    for (let end = kept.indexOf('\r\n'); end >= 0; end = kept.indexOf('\r\n')) {
      const line = kept.slice(0, end);
      kept = kept.slice(end + 2);
      obey(line);
    }
  });
};
