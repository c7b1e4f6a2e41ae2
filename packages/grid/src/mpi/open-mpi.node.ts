import type { Summable } from '@tessera-nn/core';
import { GridError } from '../grid-error.js';

/** The calls of MPI that ranks need, among all processes that `mpirun` started. */
export interface Mpi {
  rank(): number;
  size(): number;
  allGather(own: Int32Array, all: Int32Array): void;
  /** Adds up, in place. */
  allReduce(values: Summable): void;
  /** Gives the bytes of rank 0 to all, in place. */
  broadcast(bytes: Uint8Array): void;
  finalize(): void;
}

/** Open MPI keeps this version of its interface from release 2 on. */
const LIBRARIES = ['libmpi.so.40', 'libmpi.40.dylib'];
/** Stands for a buffer that is read and written; from mpi.h of Open MPI. */
const IN_PLACE = 1n;

/** @throws GridError where koffi or Open MPI is not installed, saying how it would be. */
export async function openMpi(): Promise<Mpi> {
  const koffi = await loadKoffi();
  const library = loadLibrary(koffi);
  const object = (name: string): unknown => library.symbol(name, 'void *');
  const call = (name: string, ...types: string[]) => {
    const run = library.func(name, 'int', types) as (...values: unknown[]) => number;
    return (...values: unknown[]) => {
      const code = run(...values);
      if (code !== 0) throw new GridError(`${name} failed`, { path: 'MPI', received: `error ${code}` });
    };
  };
  const [world, int, float, double, byte, add] = ['comm_world', 'int', 'float', 'double', 'byte', 'op_sum'].map(
    (name) => object(`ompi_mpi_${name}`),
  );
  const p = 'void *';
  const commRank = call('MPI_Comm_rank', p, p);
  const commSize = call('MPI_Comm_size', p, p);
  const allGather = call('MPI_Allgather', p, 'int', p, p, 'int', p, p);
  const allReduce = call('MPI_Allreduce', p, p, 'int', p, p, p);
  const broadcast = call('MPI_Bcast', p, 'int', p, 'int', p);
  const number = (ask: (world: unknown, answer: Int32Array) => void) => {
    const answer = new Int32Array(1);
    ask(world, answer);
    return answer[0]!;
  };
  call('MPI_Init', p, p)(null, null);
  return {
    rank: () => number(commRank),
    size: () => number(commSize),
    allGather: (own, all) => allGather(own, own.length, int, all, own.length, int, world),
    allReduce: (values) =>
      allReduce(IN_PLACE, values, values.length, values instanceof Float32Array ? float : double, add, world),
    broadcast: (bytes) => broadcast(bytes, bytes.length, byte, 0, world),
    finalize: call('MPI_Finalize'),
  };
}

type Koffi = (typeof import('koffi'))['default'];

async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default;
  } catch (cause) {
    throw new GridError('mpirun started this program, and koffi is not there to call MPI with', {
      path: 'Grid.join',
      hint: 'npm install koffi',
      cause,
    });
  }
}

function loadLibrary(koffi: Koffi): ReturnType<Koffi['load']> {
  const failures: string[] = [];
  for (const name of LIBRARIES) {
    try {
      return koffi.load(name, { global: true }); // its plugins look for the library among what is loaded
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new GridError('Open MPI is not there', {
    path: 'Grid.join',
    received: failures.join('; '),
    hint: 'Install it, as with apt-get install openmpi-bin libopenmpi3, on every machine of the run',
  });
}
