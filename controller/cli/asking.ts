// What every command has that asks a running controller.
import type { Command } from 'commander';
import { makeClient } from './client.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { dataDirectory } from '../settings.ts';

export interface Common {
  readonly data?: string;
  readonly json?: boolean;
}
export type Print = (text: string) => void;

export const common = (command: Command): Command =>
  command.option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)').option('--json', 'JSON instead of a table');

export const clientFor = ({ data }: Common) => makeClient(dataDirectory(data));

export const show = (flags: Common, print: Print, value: unknown, forPeople: string): void =>
  print(flags.json === true ? JSON.stringify(value, null, 2) : forPeople);

/** `list` is what a group does when nothing is said, so it also gets every misspelt command. */
export const listing = (group: Command): Command => common(group.command('list', { isDefault: true })).allowExcessArguments();
export const refuseTypo = (command: Command): void => {
  const [word] = command.args;
  const names = command.parent?.commands.map((other) => other.name()) ?? [];
  if (word !== undefined)
    throw new CommandFailed(EXIT.usage, `${command.parent?.name() ?? ''}: there is no "${word}"; there is ${names.join(', ')}`);
};
