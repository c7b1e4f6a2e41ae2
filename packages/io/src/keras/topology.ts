// What Keras and tfjs-layers write of a model: its layers, and which reads what. Three generations of one format.
import { isPlainObject } from '@tessera-nn/core/internal';

type Refuse = (problem: string) => never;

/** Options of a layer as its file has them. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** One output of one call of a layer. */
export interface TensorPlace {
  readonly layer: string;
  /** Which of the layer's calls. */
  readonly call: number;
}

export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly options: RawConfig;
  /** The names of the models around it, and its own. */
  readonly path: readonly string[];
  /** Where a `.keras` file has its weights, which it numbers by class. */
  readonly slot: string;
  /** What it reads, for each time that it runs. */
  readonly calls: readonly (readonly TensorPlace[])[];
  /** Its layers, where it is a model within the model. */
  readonly model?: KerasModel;
}

export interface KerasModel {
  readonly name: string;
  readonly isSequential: boolean;
  readonly layers: readonly KerasLayer[];
  readonly inputs: readonly TensorPlace[];
  readonly outputs: readonly TensorPlace[];
}

/** Models within models; more is after the stack. */
const MAX_DEPTH = 20;

const MODELS = ['Sequential', 'Functional', 'Model'];

/** The model that a parsed configuration describes. */
export function readModel(written: unknown, refuse: Refuse): KerasModel {
  const root = isRecord(written) && isRecord(written.model_config) ? written.model_config : written;
  if (!isRecord(root)) return refuse('its configuration is not a model');
  return modelIn(root, { path: [], slot: '', refuse });
}

/** Every layer, those of models within it too. */
export function* everyLayer(model: KerasModel): Iterable<KerasLayer> {
  for (const layer of model.layers) {
    if (layer.model) yield* everyLayer(layer.model);
    else yield layer;
  }
}

interface Around {
  readonly path: readonly string[];
  readonly slot: string;
  readonly refuse: Refuse;
}

function modelIn({ class_name: className, config }: RawConfig, around: Around): KerasModel {
  const { refuse, path } = around;
  if (path.length > MAX_DEPTH) return refuse(`it puts more than ${MAX_DEPTH} models into one another`);
  const isSequential = className === 'Sequential';
  if (!isSequential && !MODELS.includes(String(className))) {
    return refuse(`it is a ${String(className)}; Sequential and functional models say what they consist of`);
  }
  const options = isRecord(config) ? config : {};
  const listed: unknown = Array.isArray(config) ? config : options.layers; // a bare list before Keras 2.2.3
  if (!Array.isArray(listed)) return refuse('its configuration lists no layers');
  const counts = new Map<string, number>();
  const layers = listed.map((layer: unknown) => layerIn(layer, around, counts));
  refuseTwice(layers, refuse);
  const name = typeof options.name === 'string' ? options.name : (path.at(-1) ?? 'model');
  if (isSequential) return { name, isSequential, ...chained(layers, options.build_input_shape, refuse) };
  const [inputs, outputs] = [options.input_layers, options.output_layers].map((ends) => endsIn(ends, refuse));
  return { name, isSequential, layers, inputs: inputs!, outputs: outputs! };
}

function layerIn(written: unknown, around: Around, counts: Map<string, number>): KerasLayer {
  const { refuse } = around;
  if (!isRecord(written)) return refuse('a layer of it has no name');
  const { class_name: className, config: options, inbound_nodes: nodes = [] } = written;
  const inner = isRecord(options) ? options.name : undefined;
  const name = typeof written.name === 'string' ? written.name : inner;
  if (typeof className !== 'string' || typeof name !== 'string') return refuse('a layer of it has no name');
  if (!Array.isArray(nodes)) return refuse(`what layer "${name}" reads is damaged`);
  const path = [...around.path, name];
  const slot = `${around.slot}layers/${numbered(snakeCase(className), counts)}`;
  const calls = nodes.map((node: unknown) => callIn(node, name, refuse));
  const layer = { className, name, options: isRecord(options) ? options : {}, path, slot, calls };
  if (!MODELS.includes(className)) return layer;
  // Before Keras 3 the first call of a model was the one that made it, and is not written.
  const isOld = nodes.some((node) => Array.isArray(node));
  const model = modelIn(written, { path, slot: `${slot}/`, refuse });
  return { ...layer, calls: isOld ? [[], ...calls] : calls, model };
}

/** The layers of a Sequential one behind the other, behind an input that older versions leave out. */
function chained(
  layers: readonly KerasLayer[],
  built: unknown,
  refuse: Refuse,
): Pick<KerasModel, 'layers' | 'inputs' | 'outputs'> {
  const [first] = layers;
  if (!first) return refuse('it has no layers');
  const all = isInput(first) ? layers : [inputBefore(first, built), ...layers];
  const connected = all.map((layer, i) => ({
    ...layer,
    calls: i === 0 ? [[]] : [[{ layer: all[i - 1]!.name, call: 0 }]],
  }));
  return {
    layers: connected,
    inputs: [{ layer: connected[0]!.name, call: 0 }],
    outputs: [{ layer: connected.at(-1)!.name, call: 0 }],
  };
}

export const isInput = ({ className }: KerasLayer) => className === 'InputLayer';

function inputBefore(first: KerasLayer, built: unknown): KerasLayer {
  const model = built ? { batch_shape: built } : first.model?.layers.find(isInput)?.options;
  const name = `${first.name}_input`;
  return { className: 'InputLayer', name, options: model ?? first.options, path: [name], slot: '', calls: [] };
}

/** What a layer reads in one call: Keras 3 writes its arguments, older versions rows of [layer, call, output, options]. */
function callIn(node: unknown, name: string, refuse: Refuse): TensorPlace[] {
  const given: unknown = isRecord(node) ? node.args : node;
  if (!Array.isArray(given)) return refuse(`what layer "${name}" reads is damaged`);
  if (!isRecord(node)) return (typeof given[0] === 'string' ? [given] : given).map((row) => placeIn(row, refuse));
  return (given.flat(2) as unknown[]).map((tensor) => {
    if (isRecord(tensor) && isRecord(tensor.config)) return placeIn(tensor.config.keras_history, refuse);
    return refuse(`layer "${name}" reads something else than outputs of layers`);
  });
}

function placeIn(value: unknown, refuse: Refuse): TensorPlace {
  const [layer, call, output] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof layer !== 'string' || !Number.isInteger(call)) return refuse('a connection of it is damaged');
  if (output !== 0) return refuse(`it reads output ${String(output)} of layer "${layer}", which has one here`);
  return { layer, call: call as number };
}

/** Keras 3 writes a single end without a list around it, and several also by name. */
function endsIn(ends: unknown, refuse: Refuse): TensorPlace[] {
  if (!Array.isArray(ends) || ends.length === 0)
    return refuse('its configuration does not say where it begins and ends');
  return typeof ends[0] === 'string' ? [placeIn(ends, refuse)] : ends.map((end) => placeIn(end, refuse));
}

function refuseTwice(layers: readonly KerasLayer[], refuse: Refuse): void {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) refuse(`two layers of it are called "${name}"`);
    names.add(name);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => isPlainObject(value);

function numbered(kind: string, counts: Map<string, number>): string {
  const count = counts.get(kind) ?? 0;
  counts.set(kind, count + 1);
  return count === 0 ? kind : `${kind}_${count}`;
}

/** `PReLU` as `p_re_lu`: Keras's own rule. */
const snakeCase = (name: string) =>
  name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
