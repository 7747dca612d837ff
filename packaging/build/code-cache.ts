import { readFileSync, writeFileSync } from 'node:fs';
import { Script } from 'node:vm';

// node FLAGS packaging/build/code-cache.ts SCRIPT OUTPUT: what V8 has compiled of the script, for a V8 of the same version, kind and flags.
const [, , script = '', output = ''] = process.argv;
writeFileSync(output, new Script(readFileSync(script, 'latin1'), { filename: 'sonde' }).createCachedData());
