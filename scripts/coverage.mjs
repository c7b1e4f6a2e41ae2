// One coverage report over Node (wasm) and Chromium (webgl). Percentages of functions come out a little low, because V8
// and the source maps of esbuild disagree on where a method begins.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

const RAW = 'coverage/tmp';
const run = (file, args, env = {}) =>
  spawnSync(process.execPath, [file, ...args], { stdio: 'inherit', env: { ...process.env, ...env } }).status;

rmSync('coverage', { recursive: true, force: true });
const inNode = run('node_modules/mocha/bin/mocha.js', [], { NODE_V8_COVERAGE: RAW });
const inBrowser = run('scripts/browser-test.mjs', ['--coverage', RAW]);
run('node_modules/c8/bin/c8.js', [
  'report',
  ...['--temp-directory', RAW],
  ...['--include', 'packages/*/src/**', '--exclude', '**/*.{spec,golden}.ts'],
  ...['--exclude-after-remap', '--all', '--src', 'packages'],
  ...['--reporter', 'text', '--reporter', 'lcov'],
]);
process.exitCode = inNode || inBrowser;
