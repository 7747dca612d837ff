import type { InterfaceAddress, Machine } from '../../agent/probes/local/machine.ts';

export interface FakeMachine extends Machine {
  /** Path to text; a link's target stands under `link:PATH`. */
  readonly files: Map<string, string>;
  readonly addressesByName: Map<string, readonly InterfaceAddress[]>;
  refused: string | null;
}

/** A machine out of texts: folders are what the paths say. */
export const fakeMachine = (files: Readonly<Record<string, string>> = {}): FakeMachine => {
  const texts = new Map(Object.entries(files));
  const addressesByName = new Map<string, readonly InterfaceAddress[]>();
  const listNow = (folder: string): string[] => [
    ...new Set(
      [...texts.keys()]
        .map((path) => path.replace(/^link:/, ''))
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''),
    ),
  ];
  const machine: FakeMachine = {
    files: texts,
    addressesByName,
    refused: null,
    refusal: () => machine.refused,
    readNow: (path) => texts.get(path) ?? null,
    read: async (path) => texts.get(path) ?? null,
    listNow,
    list: async (folder) => listNow(folder),
    linkNow: (path) => texts.get(`link:${path}`) ?? null,
    async *pieces(path) {
      const text = texts.get(path);
      if (text !== undefined) yield text;
    },
    addresses: () => addressesByName,
    own: () => [],
    inventory: async () => null,
  };
  return machine;
};

/** One where nothing is to be seen: in the simulation agents look at others only. */
export const noMachine: Machine = fakeMachine();
