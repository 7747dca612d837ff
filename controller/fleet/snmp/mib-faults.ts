// What keeps a MIB module from being used, with its lines: net-snmp's reader takes what it understands and says nothing of the rest. Pure.

export interface MibFault {
  /** 1 is the first. */
  readonly line: number;
  readonly message: string;
}
interface Token {
  readonly text: string;
  readonly line: number;
}

/** Macros of RFC 2578 and 2580 whose value is a place in the tree. */
const MACROS = new Set([
  'OBJECT-TYPE',
  'OBJECT-IDENTITY',
  'OBJECT-GROUP',
  'MODULE-IDENTITY',
  'MODULE-COMPLIANCE',
  'NOTIFICATION-TYPE',
  'NOTIFICATION-GROUP',
  'AGENT-CAPABILITIES',
]);
const ROOTS = ['iso', 'ccitt', 'joint-iso-ccitt'];
const MOST_FAULTS = 20;

/** Empty: as far as can be told without reading the modules that it imports, all is well. `modules`: those that are here. */
export const mibFaults = (name: string, text: string, modules: ReadonlySet<string>): readonly MibFault[] => {
  const tokens = tokensOf(text);
  if (!Array.isArray(tokens)) return [tokens];
  const at = tokens.findIndex(
    (token, i) => token.text === 'DEFINITIONS' && tokens[i + 1]?.text === '::=' && tokens[i + 2]?.text === 'BEGIN',
  );
  const title = tokens[at - 1];
  if (title === undefined) return [{ line: 1, message: 'this is no MIB module: it has no "NAME DEFINITIONS ::= BEGIN"' }];
  if (title.text !== name) return [{ line: title.line, message: `this is the module ${title.text}: upload it under that name` }];
  const body = tokens.slice(at + 3);
  const imports = importsOf(body);
  if (imports === null) return [{ line: body[0]?.line ?? title.line, message: 'IMPORTS does not end: its ";" is missing' }];
  const rest = body.slice(imports.end);
  const broken = shapeFaults(rest, title);
  if (broken.length > 0) return broken;
  const absent = imports.from.filter((from) => !modules.has(from.text));
  const missing = absent.map((from) => ({
    line: from.line,
    message: `it imports from ${from.text}, which is not here: upload that first`,
  }));
  return [...missing, ...placeFaults(rest, imports.names)].slice(0, MOST_FAULTS);
};

/** The modules that a module names in its IMPORTS. */
export const importedBy = (text: string): readonly string[] => {
  const tokens = tokensOf(text);
  const imports = Array.isArray(tokens) ? importsOf(tokens) : null;
  return imports?.from.map((from) => from.text) ?? [];
};

/** Words, numbers, texts and signs with their lines; comments are left out. A text that does not end is the fault itself. */
const tokensOf = (text: string): Token[] | MibFault => {
  const tokens: Token[] = [];
  const pattern = /--[^\n]*|"[^"]*("?)|'[^']*'[HhBb]?|::=|[A-Za-z][A-Za-z0-9-]*|-?\d+|\n|[^\s]/g;
  let line = 1;
  for (const match of text.matchAll(pattern)) {
    const [token, closed] = match;
    if (token === '\n') line += 1;
    else if (token.startsWith('"')) {
      if (closed === '') return { line, message: 'the text that begins here with " does not end' };
      tokens.push({ text: '""', line });
      line += token.split('\n').length - 1;
    } else if (!token.startsWith('--')) tokens.push({ text: token, line });
  }
  return tokens;
};

interface Imports {
  readonly names: ReadonlySet<string>;
  readonly from: readonly Token[];
  /** Where the definitions begin. */
  readonly end: number;
}

const importsOf = (body: readonly Token[]): Imports | null => {
  const start = body.findIndex(({ text }) => text === 'IMPORTS');
  if (start < 0) return { names: new Set(), from: [], end: 0 };
  const end = body.findIndex(({ text }, i) => i > start && text === ';');
  if (end < 0 || body.slice(start, end).some(({ text }) => text === '::=')) return null;
  const inside = body.slice(start + 1, end);
  const from = inside.filter((_, i) => inside[i - 1]?.text === 'FROM');
  return { names: new Set(inside.map(({ text }) => text)), from, end: end + 1 };
};

/** Brackets that do not match, and a module that was cut off. */
const shapeFaults = (tokens: readonly Token[], title: Token): MibFault[] => {
  const open: Token[] = [];
  for (const token of tokens) {
    if (token.text === '{') open.push(token);
    else if (token.text === '}' && open.pop() === undefined) return [{ line: token.line, message: 'a "}" without its "{"' }];
    else if (token.text === '::=' && open.length > 0) break;
  }
  const [left] = open;
  if (left !== undefined) return [{ line: left.line, message: 'the "{" here has no "}"' }];
  const last = tokens.at(-1);
  return last?.text === 'END' ? [] : [{ line: last?.line ?? title.line, message: 'the module does not end with END: is it cut off here?' }];
};

/** Definitions without a place in the tree, or below a name that nobody knows. */
const placeFaults = (tokens: readonly Token[], imported: ReadonlySet<string>): MibFault[] => {
  if (tokens.some(({ text }) => text === 'MACRO')) return []; // it says itself how its definitions look
  const isDefinition = (i: number): boolean =>
    /^[a-z]/.test(tokens[i]?.text ?? '') &&
    (MACROS.has(tokens[i + 1]?.text ?? '') ||
      (tokens[i + 1]?.text === 'OBJECT' && tokens[i + 2]?.text === 'IDENTIFIER' && tokens[i + 3]?.text === '::='));
  const starts = tokens.flatMap((_, i) => (isDefinition(i) ? [i] : []));
  const known = new Set([...ROOTS, ...imported, ...starts.map((i) => tokens[i]?.text ?? '')]);
  return starts.flatMap((start, n): MibFault[] => {
    const { text, line } = tokens[start] ?? { text: '', line: 0 };
    const own = tokens.slice(start, starts[n + 1] ?? tokens.length);
    const at = own.findIndex((token) => token.text === '::=');
    const parent = own[at + 2];
    if (at < 0 || own[at + 1]?.text !== '{' || parent === undefined) return [{ line, message: `${text} has no "::= { parent number }"` }];
    return known.has(parent.text) || /^\d/.test(parent.text)
      ? []
      : [{ line: parent.line, message: `${text} lies below ${parent.text}, which is neither defined nor imported here` }];
  });
};
