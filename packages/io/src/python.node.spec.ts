// What Python makes of the files written here. Needs a Python with numpy, h5py and safetensors, named by TESSERA_PYTHON; the
// specs of the formats hold the same against recorded files and the small reader, without it.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onBackend } from '@tessera-nn/testing';
import { Sequential } from '@tessera-nn/containers';
import { seed } from '@tessera-nn/core';
import { BatchNorm2D, Conv2D, Linear } from '@tessera-nn/modules';
import { expect } from 'chai';
import { save } from './checkpoint/save.js';
import { openHdf5 } from './hdf5/read-hdf5.js';
import { saveHdf5 } from './hdf5/save-hdf5.js';
import { writeNpz } from './numpy/npz.js';
import { readSafetensors } from './safetensors/safetensors.js';

/** Prints sums of everything in the files, by name, with shapes and number types. */
const SCRIPT = `
import json, sys, h5py, numpy, safetensors.numpy
folder = sys.argv[1]
say = lambda a: [str(a.dtype), list(a.shape), float(numpy.asarray(a, 'f8').sum())]
out = {'npz': {}, 'hdf5': {}}
out['safetensors'] = {k: say(v) for k, v in safetensors.numpy.load_file(folder + '/net.safetensors').items()}
for name in ('plain', 'packed'):
    with numpy.load(folder + '/' + name + '.npz') as file:
        out['npz'][name] = {k: say(file[k]) for k in file.files}
with h5py.File(folder + '/net.h5', 'r') as file:
    for k, i in file['links'].items():
        out['hdf5'][k] = say(file['params'][str(i[()])][:])
    for k, v in file['attrs'].items():
        out['hdf5'][k] = say(v[:])
    out['groups'] = sorted(file)
    out['packed'] = file['params/0'].compression
    text = file['blueprint']
    out['blueprint'] = [str(h5py.check_string_dtype(text.dtype)), list(text.shape), json.loads(text.asstr()[()])['classname']]
print(json.dumps(out))
`;

describe('Python', () => {
  onBackend();
  const python = process.env['TESSERA_PYTHON'];

  it('reads what is written here, where TESSERA_PYTHON names one with h5py; else the small reader does', async function () {
    this.timeout(60_000);
    seed(9);
    const net = new Sequential('net').extend([new Conv2D(1, 2, 3), new BatchNorm2D(2), new Linear(2, 3)]);
    const bytes = await save(net);
    const { tensors } = readSafetensors(bytes);
    const hdf5 = await saveHdf5(net, undefined, { withBlueprint: true });
    if (!python) {
      console.log('      TESSERA_PYTHON names no Python: reading with the small reader instead');
      expect(openHdf5(hdf5, 'net.h5').group('links')!.names()).to.include('net.0.W');
      return;
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'tessera-python-'));
    try {
      await writeFile(path.join(folder, 'net.safetensors'), bytes);
      await writeFile(path.join(folder, 'plain.npz'), await writeNpz(tensors));
      await writeFile(path.join(folder, 'packed.npz'), await writeNpz(tensors, { compress: true }));
      await writeFile(path.join(folder, 'net.h5'), hdf5);
      const { stdout, stderr, status } = spawnSync(python, ['-c', SCRIPT, folder], { encoding: 'utf8' });
      expect(status, stderr).to.equal(0);
      const out = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
      const expected = [...tensors].map(([name, { dtype, shape, values }]) => {
        return [name, [dtype, shape, Array.from(values, Number).reduce((sum, value) => sum + value, 0)]] as const;
      });
      for (const found of [out['safetensors'], ...Object.values(out['npz']!)] as Record<string, unknown[]>[]) {
        expect(Object.keys(found)).to.have.members([...tensors.keys()]);
        for (const [name, [dtype, shape, sum]] of expected) {
          expect(found[name]!.slice(0, 2), name).to.deep.equal([dtype, shape]);
          expect(found[name]![2], name).to.be.closeTo(sum, 1e-12);
        }
      }
      const inHdf5 = out['hdf5'] as Record<string, [string, number[], number]>;
      for (const [name, [dtype, shape, sum]] of expected) {
        const [foundType, foundShape, foundSum] = inHdf5[`net.${name}`]!;
        expect(foundType, name).to.equal(dtype);
        expect(foundShape.filter((size) => size > 1)).to.deep.equal(shape.filter((size) => size > 1));
        expect(foundSum, name).to.be.closeTo(sum, 1e-12);
      }
      expect(inHdf5['net.0.b']![1]).to.deep.equal([1, 2, 1, 1]);
      expect(out['groups']).to.deep.equal(['attrs', 'attrs.net', 'blueprint', 'links', 'params']);
      expect(out['packed']).to.equal('gzip');
      expect(out['blueprint']).to.deep.equal(["string_info(encoding='utf-8', length=None)", [], 'Sequential']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
