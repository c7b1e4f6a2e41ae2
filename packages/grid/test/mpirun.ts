import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether this machine has MPI. Where it has not, says which tests did not run. */
export function hasMpi(what: string): boolean {
  const isThere = spawnSync('mpirun', ['--version']).status === 0;
  if (!isThere) console.log(`not run: ${what}, because Open MPI is not installed`);
  return isThere;
}

/** Runs a script on several ranks of this machine, more than it has cores if need be, also as root. */
export function mpirun(script: URL, ranks: number, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const allowed = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  return run('mpirun', ['-n', String(ranks), '--oversubscribe', process.execPath, fileURLToPath(script), ...args], {
    env: { ...process.env, ...allowed },
  });
}
