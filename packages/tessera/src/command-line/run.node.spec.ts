import { readNpz, readSafetensors, writeSafetensors } from '@tessera-nn/io';
import { DataError, ValueError } from '@tessera-nn/core';
import { itOnOneBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand, USAGE } from './run.node.js';

describe('The command line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tessera-command-'));
  const inFolder = (name: string) => path.join(folder, name);
  const file = inFolder('net.safetensors');
  before(() => {
    const tensors = [
      ['fc.weight', { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['steps', { shape: [], values: Int32Array.of(7) }],
    ] as const;
    writeFileSync(file, writeSafetensors(tensors));
  });
  after(() => rmSync(folder, { recursive: true }));

  itOnOneBackend('lists what a file holds', async () => {
    expect(await runCommand(['inspect', file])).to.equal(
      ['fc.weight  float32  [2, 3]', 'steps      int32    []', '2 tensors, 7 numbers'].join('\n'),
    );
  });

  itOnOneBackend('writes it in another format, and back', async () => {
    const [npz, again] = [inFolder('net.npz'), inFolder('again.safetensors')];
    expect(await runCommand(['convert', file, npz])).to.equal(`${npz}: 2 tensors`);
    expect((await readNpz(readFileSync(npz))).get('steps')!.values).to.deep.equal(Int32Array.of(7));
    await runCommand(['convert', npz, again]);
    expect(readSafetensors(readFileSync(again)).tensors).to.deep.equal(readSafetensors(readFileSync(file)).tensors);
  });

  itOnOneBackend('reads a model of tfjs-layers from its folder', async () => {
    const weights = [{ name: 'fc/kernel', shape: [2, 1], dtype: 'float32' }];
    const model = { modelTopology: {}, weightsManifest: [{ paths: ['shard.bin'], weights }] };
    writeFileSync(inFolder('model.json'), JSON.stringify(model));
    writeFileSync(inFolder('shard.bin'), new Uint8Array(Float32Array.of(1, 2).buffer));
    expect(await runCommand(['inspect', inFolder('model.json')])).to.equal(
      ['fc/kernel  float32  [2, 1]', '1 tensors, 2 numbers'].join('\n'),
    );
  });

  itOnOneBackend('says how it is used', async () => {
    expect(await runCommand([])).to.equal(USAGE);
    expect(await runCommand(['inspect', '--help'])).to.equal(USAGE);
  });

  itOnOneBackend('refuses what it does not know, and writes nothing then', async () => {
    const refusal = (...args: string[]) =>
      runCommand(args).then(
        () => expect.fail('it went well'),
        (error: Error) => error,
      );
    for (const [args, says] of [
      [['inspct', file], 'inspect'],
      [['inspect'], 'inspect takes 1 files'],
      [['convert', file, inFolder('net.onnx')], '.safetensors or .npz'],
      [['inspect', file, '--limt', '3'], '--limt'],
      [['inspect', file, '--limit', 'much'], '--limit takes how many MiB'],
    ] as const) {
      const error = await refusal(...args);
      expect(error).to.be.instanceOf(ValueError);
      expect(error.message).to.contain(says);
    }
    writeFileSync(inFolder('bad.safetensors'), readFileSync(file).subarray(0, 40));
    expect(await refusal('convert', inFolder('bad.safetensors'), inFolder('out.npz'))).to.be.instanceOf(DataError);
    expect(readdirSync(folder)).to.not.include.members(['net.onnx', 'out.npz']);
  });
});
