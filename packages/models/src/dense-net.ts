import { Sequential } from '@tessera-nn/containers';
import { optionsOf, type Given } from '@tessera-nn/core';
import { AvgPool2D, GlobalAvgPool2D, Identity, Linear, MaxPool2D } from '@tessera-nn/modules';
import { branches, convForNorm, norm, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('denseNet121', classifier);
export type DenseNetOptions = Given<typeof options>;

/** How many maps each layer adds, how many times more it has between, and how many layers each block has. */
const [GROWTH, BETWEEN, LAYERS] = [32, 4, [6, 12, 24, 16]] as const;

/**
 * Blocks in which each layer reads what all before it made, 7,978,856 parameters.
 *
 * Shapes: `[batch, 3, height, width]`, of 224 pixels in the paper, to scores `[batch, classes]`. Source: Huang et al. 2016; files
 * of torchvision's `densenet121` load with `torchvisionNames.denseNet`.
 *
 * @example
 * denseNet121({ classes: 10, width: 1 / 4 });
 */
export function denseNet121(given: DenseNetOptions = {}): Sequential {
  const { classes, inmaps, width, name = 'denseNet121' } = options.read(given);
  const maps = timesWidth(width);
  const growth = maps(GROWTH);

  const layer = () => {
    const more = new Sequential({
      norm1: norm(),
      relu1: relu(),
      conv1: convForNorm(BETWEEN * growth, 1),
      norm2: norm(),
      relu2: relu(),
      conv2: convForNorm(growth, 3, { pad: 1 }),
    });
    return branches({ before: new Identity(), more });
  };
  const block = (layers: number) =>
    new Sequential(Object.fromEntries(Array.from({ length: layers }, (_, i) => [`denselayer${i + 1}`, layer()])));
  const transition = (outmaps: number) =>
    new Sequential({ norm: norm(), relu: relu(), conv: convForNorm(outmaps, 1), pool: new AvgPool2D() });

  let count = maps(2 * GROWTH);
  const features = new Sequential({
    conv0: convForNorm(count, 7, { stride: 2, pad: 3 }),
    norm0: norm(),
    relu0: relu(),
    pool0: new MaxPool2D({ size: 3, stride: 2, pad: 1 }),
  });
  for (const [i, layers] of LAYERS.entries()) {
    features.append(named(block(layers), `denseblock${i + 1}`));
    count += layers * growth;
    if (i === LAYERS.length - 1) break;
    count = Math.floor(count / 2);
    features.append(named(transition(count), `transition${i + 1}`));
  }
  features.extend([named(norm(), 'norm5'), named(relu(), 'relu5')]);
  const net = new Sequential(
    { features, avgpool: new GlobalAvgPool2D(), classifier: new Linear({ outsize: classes }) },
    name,
  );
  return net.build(batchOf(inmaps, 224));
}

const named = <M extends { name: string | undefined }>(module: M, name: string): M => Object.assign(module, { name });
