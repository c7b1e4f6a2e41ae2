// The public types of files.
import {
  downloadFile,
  type Graph,
  Linear,
  load,
  loadHdf5,
  loadWeights,
  readNpy,
  readNpz,
  readSafetensors,
  rebuildHdf5,
  save,
  saveHdf5,
  writeNpy,
  writeNpz,
  writeSafetensors,
  type FileSource,
  type FileTarget,
  type Hdf5Report,
  type Module,
  type NameMap,
  type NumberType,
  type Place,
  type StoredTensor,
  type TensorValues,
  type WeightLayout,
  type WeightsReport,
} from 'tessera-nn';
import { expectEqual, expectNone, type WidenedMembers } from './no-any.js';

expectNone<
  WidenedMembers<{
    load: typeof load;
    loadHdf5: typeof loadHdf5;
    loadWeights: typeof loadWeights;
    readNpy: typeof readNpy;
    readNpz: typeof readNpz;
    readSafetensors: typeof readSafetensors;
    rebuildHdf5: typeof rebuildHdf5;
    save: typeof save;
    saveHdf5: typeof saveHdf5;
    writeNpy: typeof writeNpy;
    writeNpz: typeof writeNpz;
    writeSafetensors: typeof writeSafetensors;
  }>
>();
expectNone<WidenedMembers<StoredTensor>>();
expectNone<WidenedMembers<WeightsReport>>();
expectNone<WidenedMembers<Hdf5Report>>();

export async function networks(net: Linear, bytes: Uint8Array, blob: Blob, url: URL): Promise<void> {
  const sources: FileSource[] = ['net.safetensors', url, bytes, bytes.buffer as ArrayBuffer, blob, downloadFile('net')];
  const targets: FileTarget[] = ['net.safetensors', url, downloadFile('net')];
  expectEqual<ReturnType<typeof downloadFile>, Place>();
  // @ts-expect-error bytes are no place to write to
  targets.push(bytes);
  expectEqual<ReturnType<typeof save>, Promise<Uint8Array>>();
  const loaded = await load(sources[0]!, { modules: [Linear], verifyChecksum: false });
  expectEqual<typeof loaded, Module>();
  const graph = await load<Graph>(bytes);
  expectEqual<typeof graph, Graph>();
  // @ts-expect-error classes, not their names
  await load('net.safetensors', { modules: ['Linear'] });

  const map: NameMap = { fc: 'head', old: null };
  const layout: WeightLayout = { 'fc.weight': 'turn' };
  const report = await loadWeights(net, bytes, { map, layout, strict: false });
  expectEqual<typeof report, WeightsReport>();
  expectEqual<(typeof report.matched)[number], { readonly from: string; readonly to: string }>();
  await loadWeights(net, bytes, { map: (name) => name.replace('module.', '') });
  // @ts-expect-error a layout there is none of
  await loadWeights(net, bytes, { layout: 'caffe' });

  expectEqual<Awaited<ReturnType<typeof loadHdf5>>, Hdf5Report>();
  const rebuilt = await rebuildHdf5(bytes);
  expectEqual<typeof rebuilt, Module>();
  await saveHdf5(net, undefined, { compress: null, withBlueprint: true, assumeUniqueNames: true });
  // @ts-expect-error the only way to pack
  await saveHdf5(net, 'net.hdf5', { compress: 'lzf' });
  await loadHdf5(net, bytes, {
    varLoader: (name, tensor) => {
      expectEqual<[typeof name, typeof tensor], [string, StoredTensor]>();
      return undefined;
    },
  });
}

export async function tensors(bytes: Uint8Array): Promise<void> {
  const { tensors: found, metadata } = readSafetensors(bytes);
  expectEqual<[typeof found, typeof metadata], [Map<string, StoredTensor>, Map<string, string>]>();
  const written = writeSafetensors(found, metadata);
  expectEqual<typeof written, Uint8Array>();
  writeSafetensors([['W', { shape: [2], values: new Float32Array(2) }]]);
  writeSafetensors([['W', { dtype: 'bfloat16', shape: [2], values: new Float32Array(2) }]]);
  // @ts-expect-error a number type there is none of
  writeSafetensors([['W', { dtype: 'float8', shape: [2], values: new Float32Array(2) }]]);
  // @ts-expect-error values come as typed arrays
  writeNpy({ shape: [2], values: [1, 2] });
  const array = readNpy(bytes);
  expectEqual<[typeof array.dtype, typeof array.values], [NumberType, TensorValues]>();
  // @ts-expect-error what was read stays as it was
  array.shape = [1];
  expectEqual<Awaited<ReturnType<typeof readNpz>>, Map<string, StoredTensor>>();
  await writeNpz(found, { compress: true });
}
