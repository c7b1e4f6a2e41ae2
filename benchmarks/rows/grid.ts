import { Grid } from '@tessera-nn/grid';
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Unavailable, type Benchmark, type Figures } from '../row.js';

const benchmarks = path.resolve(import.meta.dirname, '..');

export const benchmark: Benchmark = {
  title: 'CIFAR net, batch 32, wasm: a training step on 2 ranks against one on 1; wants 2 free cores',
  where: 'node',
  cases: ['threads', 'MPI'],
  run: async (index) => {
    const folder = await mkdtemp(path.join(benchmarks, '.esm-')); // where the packages of the repository are found
    const [script, file] = ['rank.mjs', 'times.json'].map((name) => path.join(folder, name)) as [string, string];
    try {
      await build({
        entryPoints: [path.join(benchmarks, 'grid/rank.ts')],
        outfile: script,
        ...{ bundle: true, platform: 'node', format: 'esm', logLevel: 'error' },
        conditions: ['tessera-source'],
        external: ['@tensorflow/*', 'koffi', 'h5wasm'],
      });
      if (index === 0) await Grid.run(script, { ranks: 2, args: [file] });
      else mpirun(script, file);
      return JSON.parse(await readFile(file, 'utf8')) as Partial<Figures>;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function mpirun(...script: string[]): void {
  const allowed = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  const options = { env: { ...process.env, ...allowed }, stdio: 'inherit' } as const;
  const { error, status } = spawnSync('mpirun', ['-n', '2', process.execPath, ...script], options);
  if (error) throw new Unavailable('Open MPI is not installed: apt-get install openmpi-bin');
  if (status !== 0) throw new Error(`mpirun ended with code ${status}`);
}
