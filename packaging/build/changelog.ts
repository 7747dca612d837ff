import { wrapped } from './deb.ts';

/** CHANGELOG.md in Debian's own form, one entry: what is released is what is being packaged. */
export const debianChangelog = (
  markdown: string,
  {
    name,
    version,
    atS,
    maintainer,
  }: { readonly name: string; readonly version: string; readonly atS: number; readonly maintainer: string },
): string => {
  const [, newest = ''] = markdown.split(/^## .*$/m);
  const items = newest
    .split(/^- /m)
    .slice(1)
    .map((item) => item.replaceAll(/\s+/g, ' ').replaceAll('`', '').trim());
  const date = new Date(atS * 1000).toUTCString().replace('GMT', '+0000');
  const lines = items.map((item) => `  * ${wrapped(item, 74).trimStart().replaceAll('\n', '\n   ')}`);
  return `${name} (${version}) stable; urgency=medium\n\n${lines.join('\n')}\n\n -- ${maintainer}  ${date}\n`;
};
