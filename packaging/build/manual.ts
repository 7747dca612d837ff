import type { Command, Option } from 'commander';

/** What a manual page says beyond what the command line knows of itself. */
export interface ManualWords {
  readonly version: string;
  /** Seconds since the epoch of the source. */
  readonly atS: number;
  readonly files: readonly (readonly [path: string, what: string])[];
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
  readonly seeAlso: string;
}

/** The manual page (section 8, man(7)) of a program, from its own command line: nothing in it is kept by hand. */
export const manualOf = (program: Command, { version, atS, files, exitCodes, seeAlso }: ManualWords): string => {
  const name = program.name();
  const [what = '', ...rest] = program.description().split(': ');
  return `${[
    `.TH ${name.toUpperCase()} 8 "${new Date(atS * 1000).toISOString().slice(0, 10)}" "Sonde ${version}" "Sonde"`,
    '.SH NAME',
    `${escape(name)} \\- ${escape(rest.join(': ') || what)}`,
    '.SH SYNOPSIS',
    `.B ${escape(name)}`,
    '.I command',
    '[options]',
    '.SH DESCRIPTION',
    paragraphs(escape(`${what}.`), examplesOf(program)),
    '.SH COMMANDS',
    ...leaves(program).flatMap((command) => commandLines(command, pathOf(command, program))),
    '.SH FILES',
    ...files.flatMap(([path, meaning]) => ['.TP', `.I ${escape(path)}`, escape(meaning)]),
    '.SH EXIT STATUS',
    'As in sysexits(3):',
    ...exitCodes.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, escape(meaning)]),
    '.SH SEE ALSO',
    escape(seeAlso),
  ].join('\n')}\n`;
};

/** Commands that do something: groups stand for their children. */
export const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap((child) => leaves(child));

/** `targets add`: the words between the program and the command. */
export const pathOf = (command: Command, program: Command): string =>
  command.parent === null || command === program ? '' : `${pathOf(command.parent, program)} ${command.name()}`.trim();

const commandLines = (command: Command, path: string): string[] => {
  const argumentWords = command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`));
  return [
    `.SS "${escape([path, ...argumentWords].join(' '))}"`,
    escape(capitalised(command.description())),
    ...command.options
      .filter(({ hidden }) => !hidden)
      .flatMap((option) => ['.TP', `.B ${escape(option.flags)}`, escape(optionText(option))]),
    paragraphs('', examplesOf(command)),
  ].filter((line) => line !== '');
};

const optionText = ({ description, defaultValue, defaultValueDescription }: Option): string => {
  const preset = defaultValueDescription ?? (defaultValue === undefined ? undefined : JSON.stringify(defaultValue));
  return preset === undefined ? description : `${description} (default: ${preset})`;
};

/** What was added after the help: examples, laid out as they are. */
const examplesOf = (command: Command): string => {
  let said = '';
  command.configureOutput({ writeOut: (text) => (said += text) });
  command.outputHelp();
  return said.slice(said.indexOf(command.helpInformation()) + command.helpInformation().length).trim();
};

const paragraphs = (text: string, asItIs: string): string =>
  [text, asItIs === '' ? '' : `.PP\n.nf\n${asItIs.split('\n').map(escape).join('\n')}\n.fi`].filter((part) => part !== '').join('\n');

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** roff: a backslash and a hyphen are commands, a dot or an apostrophe at the start of a line too. */
const escape = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1')
    .replaceAll('’', "'")
    .replaceAll('…', '...');
