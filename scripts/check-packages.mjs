// Holds every public package against publint (are the fields of package.json right?) and attw (do its types resolve?).
// Slow and about metadata only, so it is not part of `npm test`; run it before a release.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const CHECKS = [
  ['node_modules/publint/src/cli.js', '--strict'],
  ['node_modules/@arethetypeswrong/cli/dist/index.js', '--pack', '--profile', 'esm-only', '--format', 'ascii'],
];

let failed = 0;
for (const name of readdirSync('packages')) {
  const folder = `packages/${name}`;
  if (JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).private) continue;
  for (const [tool, ...options] of CHECKS) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, folder, ...options], { encoding: 'utf8' });
    console.log(`${status ? 'FAILED' : 'ok    '} ${tool.split('/').slice(1, -2).join('/')} ${folder}`);
    if (status) {
      failed++;
      console.log(stdout + stderr);
    }
  }
}
process.exitCode = failed ? 1 : 0;
