// Removes from packages/*/dist what came from a source that is gone; the compiler leaves it there, and it would be packed.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const OUTPUT = /\.(d\.ts|js)(\.map)?$/;

for (const name of readdirSync('packages')) {
  const dist = `packages/${name}/dist`;
  if (!existsSync(dist)) continue;
  for (const file of readdirSync(dist, { recursive: true })) {
    const source = `packages/${name}/src/${file.replace(OUTPUT, '.ts')}`;
    if (OUTPUT.test(file) && !existsSync(source)) rmSync(path.join(dist, file));
  }
}
