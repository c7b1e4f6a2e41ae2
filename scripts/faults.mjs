// Tries what goes wrong in the world, as often as wanted: kills while files are written, full disks, memory that is refused,
// threads that die, damaged files, strangers' requests, handlers that interleave. `npm test` tries each a few times.
//   npm run faults -- --count 300 --spec kills
//   npm run faults -- --count 10000 --spec hostile-files
//   npm run faults -- --count 200 --spec at-once --backend webgl
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    backend: { type: 'string', default: 'wasm' },
    spec: { type: 'string', default: '' }, // regular expression on the path
    limit: { type: 'string', default: '840' }, // s for all of them, on webgl
  },
});
const { count, backend, limit } = options;
const spec = `^(?=.*(tests/faults/|/at-once|/hostile-files|/refused-memory))(?=.*${options.spec})`;
const inPage = ['scripts/browser-test.mjs', '--spec', spec, '--faults', count, '--limit', limit];
const inNode = ['node_modules/mocha/bin/mocha.js'];
const { status } = spawnSync(process.execPath, backend === 'webgl' ? inPage : inNode, {
  stdio: 'inherit',
  env: { ...process.env, SPEC: spec, TESSERA_BACKEND: backend, TESSERA_FAULTS: count },
});
process.exitCode = status ?? 1;
