// What TensorBoard itself makes of a history. Needs a Python with tensorboard, named by TESSERA_PYTHON; event-file.spec.ts
// holds the bytes against recorded ones without it.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { History } from '../history.js';

/** Prints step and value of everything, by tag; or that there is no tensorboard. */
const SCRIPT = `
import json, sys
try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    sys.exit(print('null'))
events = EventAccumulator(sys.argv[1]).Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
`;

describe('TensorBoard', () => {
  it('reads a history, where TESSERA_PYTHON names a Python that has it', async function () {
    this.timeout(60_000);
    const python = process.env['TESSERA_PYTHON'];
    const history = new History(
      [2, 1.5, 1],
      [
        { epoch: 1, loss: 1.75, rate: 0.5, samples: 64, validationLoss: 1.25, validationError: 0.5 },
        { epoch: 200, loss: 1, rate: 0.25, samples: 32 },
      ],
    );
    const folder = await mkdtemp(path.join(tmpdir(), 'tessera-tensorboard-'));
    try {
      await writeFile(path.join(folder, 'events.out.tfevents.1'), history.toTensorBoard());
      const found: unknown = python ? JSON.parse(read(python, folder)) : null;
      if (found === null) return void console.log('      TESSERA_PYTHON names no Python with tensorboard');
      expect(found).to.deep.equal({
        'loss/steps': [
          [1, 2],
          [2, 1.5],
          [3, 1],
        ],
        'loss/epochs': [
          [1, 1.75],
          [200, 1],
        ],
        rate: [
          [1, 0.5],
          [200, 0.25],
        ],
        'validation/loss': [[1, 1.25]],
        'validation/error': [[1, 0.5]],
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function read(python: string, folder: string): string {
  const { stdout, stderr, status } = spawnSync(python, ['-c', SCRIPT, folder], { encoding: 'utf8' });
  expect(status, stderr).to.equal(0);
  return stdout;
}
