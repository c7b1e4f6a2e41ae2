import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { kernelReport } from 'tessera-nn';
import { median, Unavailable, type Row } from '../row.js';

/** The rounds are fixed beforehand: on a shared machine one could always find a last round that pleases. */
const ROUNDS = 9;
const STEPS_PER_ROUND = 6;
const WARM_UP = 8;

/** A Python process that trains a net in PyTorch with one thread, on demand. */
interface PyTorch {
  /** The milliseconds of each of some steps. */
  steps(count: number): Promise<number[]>;
  close(): void;
}

/**
 * @throws Unavailable when `TESSERA_PYTHON` is not set, or names a Python without PyTorch.
 */
async function startPyTorch(net: 'lenet' | 'cifar'): Promise<PyTorch> {
  const python = process.env['TESSERA_PYTHON'];
  if (!python) {
    throw new Unavailable(
      'This benchmark needs PyTorch: set TESSERA_PYTHON to a Python that has it, such as\n' +
        '  python3 -m venv ~/torch && ~/torch/bin/pip install torch numpy\n' +
        '  TESSERA_PYTHON=~/torch/bin/python npm run bench -- NAME',
    );
  }
  const child = spawn(python, [path.join(import.meta.dirname, 'step.py'), net], {
    env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const broken = new Promise<never>((_, reject) => {
    child.once('error', ({ message }) =>
      reject(new Unavailable(`TESSERA_PYTHON=${python} does not start: ${message}`)),
    );
    child.once('close', (code) => {
      reject(new Unavailable(`TESSERA_PYTHON=${python} ended with code ${code}; has it PyTorch?`));
    });
  });
  broken.catch(() => undefined); // it always comes at the end
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const line: IteratorResult<string> = await answers.next();
    return line.done ? broken : JSON.parse(line.value);
  };
  console.error(`PyTorch ${(await answer()) as string}, one thread`);
  return {
    steps: async (count) => {
      child.stdin.write(`${count}\n`);
      return (await answer()) as number[];
    },
    close: () => child.stdin.end(),
  };
}

/**
 * Steps of ours and of PyTorch's in turn, in two processes of which one always waits.
 */
export async function againstPyTorch(net: 'lenet' | 'cifar', step: () => Promise<number>): Promise<Omit<Row, 'name'>> {
  const peer = await startPyTorch(net);
  try {
    for (let i = 0; i < WARM_UP; i++) await step();
    await peer.steps(WARM_UP);
    const calls = () => kernelReport().reduce((total, run) => total + run.calls, 0);
    const before = calls();
    await step();
    const launches = calls() - before;
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < STEPS_PER_ROUND; i++) {
        const start = performance.now();
        await step();
        ours.push(performance.now() - start);
      }
      theirs.push(...(await peer.steps(STEPS_PER_ROUND)));
    }
    const [ours_ms, peer_ms] = [median(ours), median(theirs)];
    return { ours_ms, peer_ms, ratio: peer_ms / ours_ms, launches };
  } finally {
    peer.close();
  }
}
