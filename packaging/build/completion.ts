import type { Command } from 'commander';

/** Completion for three shells, from the program's own command line. */
export const completionOf = (program: Command): Readonly<Record<'bash' | 'zsh' | 'fish', string>> => {
  const name = program.name();
  const rows = tableOf(program, []);
  return { bash: bash(name, rows), zsh: zsh(name, rows), fish: fish(name, rows) };
};

interface Row {
  /** The words before: `targets`. */
  readonly after: readonly string[];
  readonly words: readonly (readonly [word: string, what: string])[];
}

/** For each command, what may follow it: commands, then flags. */
const tableOf = (command: Command, path: readonly string[]): readonly Row[] => [
  {
    after: path,
    words: [
      ...command.commands.map((child) => [child.name(), child.description()] as const),
      ...command.options.flatMap(({ long, description, hidden }) =>
        long === undefined || long === null || hidden ? [] : [[long, description] as const],
      ),
      ['--help', 'show what it does'] as const,
    ],
  },
  ...command.commands.flatMap((child) => tableOf(child, [...path, child.name()])),
];

// In all three: the first words that are no flags say which command it is; after a flag that ends in file or dir, or when nothing fits, files.

const bash = (name: string, rows: readonly Row[]): string => {
  const function_ = `_${name.replaceAll('-', '_')}`;
  return `# bash completion for ${name}
${function_}() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) break ;; *) path="$path $word" ;; esac
  done
  case \${path# } in
${rows
  .map(({ after, words }) => `    ${JSON.stringify(after.join(' '))}*) words="${words.map(([word]) => word).join(' ')}" ;;`)
  .toReversed()
  .join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F ${function_} ${name}
`;
};

const zsh = (name: string, rows: readonly Row[]): string => `#compdef ${name}
local path='' word
local -a found
for word in "\${words[@]:1:CURRENT-2}"; do
  case $word in -*) break ;; *) path="$path $word" ;; esac
done
case \${path# } in
${rows
  .map(
    ({ after, words }) =>
      `  ${quote(after.join(' '))}*) found=(${words.map(([word, what]) => quote(`${word}:${what.replaceAll(':', '\\:')}`)).join(' ')}) ;;`,
  )
  .toReversed()
  .join('\n')}
esac
_describe ${name} found || _files
`;

const fish = (name: string, rows: readonly Row[]): string =>
  rows
    .flatMap(({ after, words }) => {
      const seen = after.length === 0 ? '__fish_use_subcommand' : after.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
      return words.map(([word, what]) => {
        const kind = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
        return `complete -c ${name} -n ${quote(seen)} ${kind} -d ${quote(what)}`;
      });
    })
    .join('\n')
    .concat('\n');

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
