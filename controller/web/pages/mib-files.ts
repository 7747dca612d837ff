// MIB files as people choose them: which module each is, and which must come before which. Pure.

export interface MibFile {
  readonly file: string;
  /** null: the file holds no module. */
  readonly module: string | null;
  readonly text: string;
}

export const mibFile = (file: string, text: string): MibFile => ({
  file,
  module: /^\s*([A-Za-z][A-Za-z0-9-]*)\s+DEFINITIONS\s*::=\s*BEGIN/m.exec(text)?.[1] ?? null,
  text,
});

/** Those that others import come first, so that a vendor's whole directory can be chosen at once. */
export const inUploadOrder = (files: readonly MibFile[]): MibFile[] => {
  const ordered: MibFile[] = [];
  const visit = (one: MibFile, on: readonly MibFile[]): void => {
    if (ordered.includes(one) || on.includes(one)) return;
    const wanted = new Set([...one.text.matchAll(/\bFROM\s+([A-Za-z][A-Za-z0-9-]*)/g)].map(([, module]) => module));
    for (const other of files) if (other.module !== null && wanted.has(other.module)) visit(other, [...on, one]);
    ordered.push(one);
  };
  for (const one of files) visit(one, []);
  return ordered;
};
