// What the registry shows of every package and is the same for all: fields of package.json, which come from the one at the
// root, and the text of the license. check-structure holds the packages against it.
//   node scripts/package-files.mjs   writes them; `npm run build` does
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** The fields that `package.json` of a folder in packages/ must have, made from those at the root. */
export function sharedFields(folder) {
  const { license, engines, homepage, bugs, repository, keywords } = json('package.json');
  return {
    license,
    engines,
    homepage: `${homepage}/tree/main/packages/${folder}#readme`,
    bugs,
    repository: { ...repository, directory: `packages/${folder}` },
    keywords: [...keywords, folder],
  };
}

export function publicPackages() {
  return readdirSync('packages').filter((folder) => {
    const manifest = `packages/${folder}/package.json`;
    return existsSync(manifest) && !json(manifest).private;
  });
}

if (process.argv[1] === import.meta.filename) {
  for (const folder of publicPackages()) {
    const manifest = `packages/${folder}/package.json`;
    write(manifest, `${JSON.stringify({ ...json(manifest), ...sharedFields(folder) }, null, 2)}\n`);
    write(`packages/${folder}/LICENSE`, readFileSync('LICENSE', 'utf8'));
  }
}

function write(file, text) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
