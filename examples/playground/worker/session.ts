import { CrossEntropy, fromBlueprint, seed, startBackend, Trainer, type Blueprint, type Sequential } from 'tessera-nn';
import { dataKinds } from '../data/data-kinds.js';
import { loadData, type Data, type DataRequest } from '../data/load-data.js';
import { blockClasses } from '../setup/block-kinds.js';
import { optimizers, type Training } from '../setup/setup.js';

/** What a worker starts with. */
export interface Start {
  readonly blueprint: Blueprint;
  readonly data: DataRequest;
  readonly training: Training;
  /** Where the .wasm files lie. */
  readonly wasmPath: string;
}

/** What a worker has: the network, what trains it, and the data. */
export interface Session {
  readonly net: Sequential;
  readonly cost: CrossEntropy;
  readonly trainer: Trainer;
  readonly data: Data;
}

/** Builds all that a run needs. */
export async function startSession({ blueprint, data: request, training, wasmPath }: Start): Promise<Session> {
  await startBackend(training.backend, { wasmPath });
  const data = await loadData(request);
  seed(training.seed);
  const net = fromBlueprint<Sequential>(blueprint, blockClasses);
  net.dataShapeFrom([1, ...dataKinds[request.kind].shape]); // makes the weights, whose sizes follow from the input
  const cost = new CrossEntropy({ maxlabels: data.classes.length });
  const { learnRate, batchSize } = training;
  const optimizer = new optimizers[training.optimizer]({ learnRate }).setupOn(net);
  return { net, cost, data, trainer: new Trainer(net, cost, optimizer, { batchSize }) };
}
