import { Parallel, Sequential } from '@tessera-nn/containers';
import { optionsOf, type AnyModule, type Given } from '@tessera-nn/core';
import {
  ChannelShuffle,
  Concat,
  DepthwiseConv2D,
  GlobalAvgPool2D,
  Identity,
  Linear,
  MaxPool2D,
  Replicate,
  Split,
} from '@tessera-nn/modules';
import { convForNorm, norm, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('shuffleNet', classifier);
export type ShuffleNetOptions = Given<typeof options>;

/** The maps behind each stage, and how many units it has. */
const stages = [
  [116, 4],
  [232, 8],
  [464, 4],
] as const;

/**
 * Units that take half of the maps through filters, leave the other half, and shuffle both; 2,278,604 parameters. The second
 * version, with as many maps as the paper calls 1x.
 *
 * Shapes: `[batch, 3, height, width]`, of 224 pixels in the paper, to scores `[batch, classes]`. Source: Ma et al. 2018; files of
 * torchvision's `shufflenet_v2_x1_0` load with `torchvisionNames.shuffleNet`.
 *
 * @example
 * shuffleNet({ classes: 10 });
 */
export function shuffleNet(given: ShuffleNetOptions = {}): Sequential {
  const { classes, inmaps, width, name = 'shuffleNet' } = options.read(given);
  const maps = (count: number) => 2 * timesWidth(width)(count / 2);
  const layers = stages.map(([count, units], i) => {
    const inner = Array.from({ length: units - 1 }, () => unit(maps(count)));
    return [`stage${i + 2}`, new Sequential([halving(maps(count)), ...inner])] as const;
  });
  const net = new Sequential(
    {
      conv1: new Sequential([convForNorm(maps(24), 3, { stride: 2, pad: 1 }), norm(), relu()]),
      maxpool: new MaxPool2D({ size: 3, stride: 2, pad: 1 }),
      ...Object.fromEntries(layers),
      conv5: new Sequential([convForNorm(maps(1024), 1), norm(), relu()]),
      pool: new GlobalAvgPool2D(),
      fc: new Linear({ outsize: classes }),
    },
    name,
  );
  return net.build(batchOf(inmaps, 224));
}

const pointwise = (maps: number) => [convForNorm(maps, 1), norm(), relu()];

const filters = (stride: number) => [new DepthwiseConv2D({ size: 3, stride, pad: 1, useBias: false }), norm()];

/** Half of the maps goes through. */
const unit = (maps: number) =>
  shuffled(new Split(1, [maps / 2, maps / 2]), {
    branch1: new Identity(),
    branch2: new Sequential([...pointwise(maps / 2), ...filters(1), ...pointwise(maps / 2)]),
  });

/** All maps go both ways, and the images become half as large. */
const halving = (maps: number) =>
  shuffled(new Replicate(2), {
    branch1: new Sequential([...filters(2), ...pointwise(maps / 2)]),
    branch2: new Sequential([...pointwise(maps / 2), ...filters(2), ...pointwise(maps / 2)]),
  });

const shuffled = (spread: AnyModule, ways: Record<string, AnyModule>) =>
  new Sequential({ spread, branches: new Parallel(ways), concat: new Concat(1), shuffle: new ChannelShuffle(2) });
