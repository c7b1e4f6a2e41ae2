// Draws configurations of every module, cost and op at random, and holds outputs and gradients against the float64
// references of their specs. The specs draw a few in every run, the same ones each time; this draws as many as wanted:
//   npm run differential -- --count 200 --seed 7 --backend webgl --spec batch-norm
// A failure names its seed: --count 1 with that seed draws it again, alone.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'wasm' },
    spec: { type: 'string', default: '^packages/(modules|cost|core/src/ops)/' }, // regular expression on the path
  },
});
const { count, seed, backend, spec } = options;
const DRAWN = 'holds for .* drawn';
const inPage = ['scripts/browser-test.mjs', '--spec', spec, '--grep', DRAWN, '--draws', count, '--seed', seed];
const inNode = ['node_modules/mocha/bin/mocha.js', '--grep', DRAWN];
const { status } = spawnSync(process.execPath, backend === 'webgl' ? inPage : inNode, {
  stdio: 'inherit',
  env: { ...process.env, SPEC: spec, TESSERA_BACKEND: backend, TESSERA_DRAWS: count, TESSERA_SEED: seed },
});
process.exitCode = status ?? 1;
