import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Ingredient {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The licence's own text; '' when the package ships none. */
  readonly text: string;
}

/** What is inside an executable: Node and every package that the bundler took something from. */
export interface Inventory {
  readonly packages: readonly Ingredient[];
  /** SPDX 2.3 as JSON: the same for the same ingredients. */
  readonly spdx: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

export const takeInventory = (
  root: string,
  product: { readonly name: string; readonly version: string; readonly atS: number },
  folders: readonly string[],
): Inventory => {
  const node: Manifest = readManifest(join(root, 'node_modules', `node-linux-${process.arch}`));
  const packages = [
    { ...ingredient(root, `node_modules/node-linux-${process.arch}`), name: 'node', version: node.version },
    ...folders.map((folder) => ingredient(root, folder)),
  ].filter(({ name, version }, i, all) => all.findIndex((one) => one.name === name && one.version === version) === i);
  return { packages, spdx: `${JSON.stringify(spdxOf(product, packages), null, 1)}\n` };
};

/** The texts that must go with the program, each once. */
export const licencesOf = ({ packages }: Inventory): string =>
  packages.map(({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}`).join(`\n${'-'.repeat(80)}\n`);

const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const ingredient = (root: string, folder: string): Ingredient => {
  const { name, version, license = 'NOASSERTION' } = readManifest(join(root, folder));
  const file = globSync('{LICENSE,LICENCE,License,license,COPYING}{,.md,.txt,-MIT}', { cwd: join(root, folder) }).toSorted()[0];
  return { name, version, licence: license, text: file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8') };
};

const spdxOf = (product: { name: string; version: string; atS: number }, packages: readonly Ingredient[]): object => {
  const id = (name: string, version: string): string => `SPDXRef-${name.replaceAll(/[^A-Za-z0-9.-]/g, '-')}-${version}`;
  const own = id(product.name, product.version);
  const entries = packages.map(({ name, version, licence }) => ({
    SPDXID: id(name, version),
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: licence,
    copyrightText: 'NOASSERTION',
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: name === 'node' ? `pkg:generic/node@${version}` : `pkg:npm/${name.replace('@', '%40')}@${version}`,
      },
    ],
  }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${product.name}-${product.version}`,
    documentNamespace: `urn:sonde:${product.name}:${product.version}:${createHash('sha256').update(JSON.stringify(entries)).digest('hex')}`,
    creationInfo: { created: new Date(product.atS * 1000).toISOString().replace('.000', ''), creators: ['Tool: sonde-package'] },
    documentDescribes: [own],
    packages: [
      {
        SPDXID: own,
        name: product.name,
        versionInfo: product.version,
        downloadLocation: 'NOASSERTION',
        filesAnalyzed: false,
        licenseConcluded: 'MIT',
        licenseDeclared: 'MIT',
        copyrightText: 'NOASSERTION',
      },
      ...entries,
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: own },
      ...entries.map(({ SPDXID }) => ({ spdxElementId: own, relationshipType: 'CONTAINS', relatedSpdxElement: SPDXID })),
    ],
  };
};
