// Names in a question as text: `mean("free space")`, `"rack no":"7,8"`. In double quotes, as in InfluxQL, where a comma, a blank … would be
// taken for something else; \ keeps a quote or a \ in them.

const PLAIN = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/s;
const TAG = /^("(?:[^"\\]|\\.)+"|[^"\\:=]+)[:=](.*)$/s;

const quote = (name: string): string => `"${name.replaceAll(/["\\]/g, '\\$&')}"`;

/** A field's or a tag's name, quoted where it has to be. */
export const writeName = (name: string): string => (PLAIN.test(name) ? name : quote(name));

/** What stands in quotes; null for what is not quoted. */
export const unquote = (text: string): string | null => QUOTED.exec(text)?.[1]?.replaceAll(/\\(.)/gs, '$1') ?? null;

/** As it is, or what stands in its quotes. */
export const readName = (text: string): string => unquote(text) ?? text;

/** `key:value`, each quoted where it has to be. */
export const writeTag = (key: string, value: string): string => `${writeName(key)}:${/[",()]|^\s|\s$/.test(value) ? quote(value) : value}`;

/** Key and value of `key:value`, `key=value`, `"a key":"a,b"`; null for what is none of them. */
export const readTag = (text: string): readonly [key: string, value: string] | null => {
  const [, key, value = ''] = TAG.exec(text) ?? [];
  return key === undefined ? null : [readName(key), readName(value)];
};

/** Parts between commas, but for those in quotes and in parentheses; blanks around them are taken off, empty ones left out. */
export const splitWords = (text: string): string[] => {
  const parts = [''];
  let [quoted, depth, before] = [false, 0, ''];
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    if (character === ',' && !quoted && depth === 0) {
      parts.push('');
      before = '';
      continue;
    }
    let taken = character;
    if (quoted && character === '\\') taken += text[++i] ?? '';
    else if (character === '"') quoted = !quoted && /^[:=(]?$/.test(before);
    else if (!quoted && character === '(') depth += 1;
    else if (!quoted && character === ')') depth = Math.max(0, depth - 1);
    parts.push((parts.pop() ?? '') + taken);
    if (character !== ' ') before = character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
};
