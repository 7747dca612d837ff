// `api-token create|list|revoke`: tokens for programs, over the controller's Unix socket.
import { Command, Option } from 'commander';
import * as z from 'zod';
import { ApiTokenCreated, ApiTokenList, type ApiTokenView } from '../../protocol/api-tokens.ts';
import { type Common, clientFor, common, listing, type Print, refuseTypo, show } from './asking.ts';
import { formatTable, formatTime, parseDuration } from './words.ts';

export const apiTokenCommands = (print: Print): Command => {
  const token = new Command('api-token').description('tokens for programs that use the API');
  common(token.command('create <name>'))
    .description('make a token; it is shown once')
    .option('--write', 'it may change what an operator may, and write series; without, it may only read')
    .addOption(new Option('--expires <time>', 'how long it is good: 12h, 90d; until it is revoked unless said').argParser(parseDuration))
    .action(async (name: string, flags: Common & { write?: boolean; expires?: number }) => {
      const body = { name, scope: flags.write === true ? 'write' : 'read', expiresInMs: flags.expires ?? null };
      const made = await clientFor(flags).call('POST', '/api-tokens', ApiTokenCreated, body);
      show(flags, print, made, made.token);
      // Standard output carries the token alone, so that it can go into a file.
      if (flags.json !== true) process.stderr.write(`\n${made.scope} token ${made.id}: send it as "Authorization: Bearer TOKEN"\n`);
    });
  listing(token)
    .description('all tokens, without their secrets')
    .action(async (flags: Common, command: Command) => {
      refuseTypo(command);
      const { tokens } = await clientFor(flags).call('GET', '/api-tokens', ApiTokenList);
      const rows = tokens.map((row) => [row.id, row.name, row.scope, stateOf(row), formatTime(row.usedAt), seriesOf(row), row.createdBy]);
      show(
        flags,
        print,
        tokens,
        tokens.length === 0
          ? 'no tokens: "api-token create NAME" makes one'
          : formatTable(['id', 'name', 'may', 'good', 'used', 'series', 'made by'], rows),
      );
    });
  common(token.command('revoke <id>'))
    .description('nobody gets in with it any more')
    .action(async (id: string, flags: Common) => {
      await clientFor(flags).call('DELETE', `/api-tokens/${encodeURIComponent(id)}`, z.null());
      show(flags, print, { revoked: id }, `API token ${id} is revoked`);
    });
  return token;
};

const seriesOf = ({ series }: ApiTokenView): string => (series === null ? '' : `${series.used} of ${series.budget}`);

const stateOf = ({ revokedAt, expiresAt }: ApiTokenView): string =>
  revokedAt !== null ? 'revoked' : expiresAt === null ? 'until revoked' : `until ${formatTime(expiresAt)}`;
