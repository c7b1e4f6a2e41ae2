import { columnsOf } from '../graph/order.js';
import { isFloats, type Floats, type Operator, type Tensor } from '../graph/tensor.js';
import { weighted, withInputs } from './into-weights.js';
import type { Merge } from './simplified.js';

/** Rows and columns out of maps, as `PixelShuffle` takes them: with the maps of each pixel first. */
const SHUFFLE = [0, 1, 4, 2, 5, 3];

/**
 * The three operators of a `PixelShuffle` as one. TFLite takes the pixels of each map together first: the convolution that
 * makes them makes them in that order.
 */
export const depthToSpace: Merge = ({ name, outputs }, transpose, makerOf) => {
  const axes = transpose.inputs[1]?.data;
  if (name !== 'RESHAPE' || transpose.name !== 'TRANSPOSE' || axes?.join() !== SHUFFLE.join()) return;
  const split = makerOf(transpose.inputs[0]!);
  const images = split?.inputs[0];
  if (split?.name !== 'RESHAPE' || images?.shape.length !== 4) return;
  const [, , , maps, block, columns] = split.outputs[0]!.shape as number[];
  const result = outputs[0]!.shape;
  if (block !== columns || result.length !== 4 || result[3] !== maps) return;
  if (result[1] !== (images.shape[1] as number) * block!) return;
  const order = columnsOf([maps!, block!, block!], [1, 2, 0]);
  const [ordered, ...makers] = maps === 1 ? [images] : withMaps(images, order, makerOf(images));
  return [...makers, { name: 'DEPTH_TO_SPACE', inputs: [ordered], outputs, options: { block: block! } }];
};

/** Images with their maps in another order, and the operator that makes them so. */
function withMaps(images: Tensor, order: Int32Array, maker: Operator | undefined): [Tensor, Operator] {
  const places = maker && weighted[maker.name];
  const [filter, bias] = places ? [maker.inputs[places.filter], maker.inputs[places.bias]] : [];
  if (maker && places && places.axis === 0 && isFloats(filter) && isFloats(bias)) {
    const inputs = { [places.filter]: picked(filter, order), [places.bias]: picked(bias, order) };
    return [images, { ...maker, inputs: withInputs(maker, inputs) }];
  }
  const ordered: Tensor = { ...images, name: `${images.name}/ordered` };
  const indices: Tensor = { name: `${images.name}/order`, shape: [order.length], type: 'int32', data: order };
  return [ordered, { name: 'GATHER', inputs: [images, indices], outputs: [ordered], options: { axis: 3 } }];
}

/** Rows in another order. */
function picked(numbers: Floats, order: Int32Array): Floats {
  const length = numbers.data.length / order.length;
  const data = numbers.data.map((_, i) => numbers.data[order[Math.floor(i / length)]! * length + (i % length)]!);
  return { ...numbers, data };
}
