import { Sequential } from '@tessera-nn/containers';
import { Module, type AnyModule } from '@tessera-nn/core';
import {
  Activation,
  AvgPool2D,
  BatchNorm2D,
  Conv2D,
  Dropout,
  Flatten,
  Identity,
  Linear,
  MaxPool2D,
  PRelu,
  PReLU,
} from '@tessera-nn/modules';

/** How many maps of an image a Linear's inputs were, or that the order of the network does not tell. */
export type FlattenedMaps = number | 'unknown';

/** What leaves maps, and a flat sample, as they are. */
const KEEPERS = [Activation, AvgPool2D, Dropout, Identity, MaxPool2D, PRelu, PReLU];

/**
 * The Linear modules that read flattened images, with the count of maps in these. Keras flattens [height, width, maps], so
 * the rows of their matrices lie in another order there.
 */
export function flattenedMaps(net: AnyModule): Map<AnyModule, FlattenedMaps> {
  const found = new Map<AnyModule, FlattenedMaps>();
  /** Maps of the image that is on its way; undefined where they are not known. */
  let maps: number | undefined;
  /** What was flattened, and has not come to a Linear yet. */
  let flat: FlattenedMaps | undefined;
  const visit = (module: AnyModule) => {
    if (module instanceof Sequential) {
      for (const [, child] of module.members()) if (child instanceof Module) visit(child);
    } else if (module instanceof Conv2D) maps = module.outmaps;
    else if (module instanceof BatchNorm2D) maps = module.maps;
    else if (module instanceof Flatten) flat = maps ?? 'unknown';
    else if (module instanceof Linear) {
      if (flat !== undefined) found.set(module, flat);
      flat = maps = undefined;
    } else if (!KEEPERS.some((keeper) => module instanceof keeper)) {
      // Whatever runs in there, and in which order: it may flatten.
      const parts = [...module.modules()];
      const flattens = parts.some((part) => part instanceof Flatten) || parts.length === 1;
      if (flattens || flat !== undefined) {
        for (const part of parts) if (part instanceof Linear) found.set(part, 'unknown');
        flat = 'unknown';
      }
      maps = undefined;
    }
  };
  visit(net);
  return found;
}
