/** src -> build (tsc) -> dist (ncc): one minified file, a chunk for each dynamic import, licences beside them. */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name: string, ...args: string[]) =>
  execFileSync(`${root}node_modules/.bin/${name}`, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });

for (const folder of ['build', 'dist']) rmSync(`${root}${folder}`, { recursive: true, force: true });
bin('tsc', '-p', 'tsconfig.build.json');
bin('ncc', 'build', 'build/src/index.js', '-o', 'dist', '--minify', '--no-cache', '--license', 'licenses.txt');
