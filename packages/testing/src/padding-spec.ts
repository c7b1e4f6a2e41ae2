import { ShapeError, ValueError, type AnyModule, type ModuleClass } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { moduleSpec } from './module-spec.js';
import { nd, type Nd } from './nd.js';

type Mode = 'constant' | 'reflect' | 'edge' | 'circular';

interface Padded extends AnyModule {
  sides: readonly (readonly [before: number, behind: number])[];
  mode: Mode;
  fillValue: number;
}

/** Each place of the result as what the mode finds for it along each axis. */
function padded(x: Nd, { sides, mode, fillValue }: Padded): Nd {
  const [batch, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const found = (at: number, n: number) =>
    ({
      constant: at < 0 || at >= n ? -1 : at,
      reflect: at < 0 ? -at : at >= n ? 2 * (n - 1) - at : at,
      edge: Math.min(n - 1, Math.max(0, at)),
      circular: (at + n) % n,
    })[mode];
  let places = [0];
  for (const [axis, length] of lengths.entries()) {
    const [before, behind] = sides[axis]!;
    const along = Array.from({ length: before + length + behind }, (_, i) => found(i - before, length));
    places = places.flatMap((outer) => along.map((at) => (outer < 0 || at < 0 ? -1 : outer * length + at)));
  }
  const size = sizeOf(lengths);
  const all = Array.from({ length: batch * maps }, (_, map) =>
    places.map((place) => (place < 0 ? fillValue : x.data[map * size + place]!)),
  );
  return nd([batch, maps, ...lengths.map((length, axis) => length + sides[axis]![0] + sides[axis]![1])], all.flat());
}

interface PaddingSpecification<M extends Padded, Pad> {
  class: ModuleClass;
  make: (options: { pad: number | Pad; mode?: Mode; fillValue?: number; name?: string }) => M;
  plural: string;
  /** Another number on each side. */
  pad: Pad;
  shape: readonly number[];
  otherShape: readonly number[];
  /** What is refused where two places are to be mirrored. */
  small: readonly number[];
}

/** What modules must do that surround sequences or images with something. */
export function paddingSpec<M extends Padded, const Pad>(
  name: string,
  { class: made, make, plural, pad, shape, otherShape, small }: PaddingSpecification<M, Pad>,
): void {
  const modes = ['reflect', 'edge', 'circular'] as const;
  moduleSpec<M>(name, {
    classes: [made],
    reference: (x, _, module) => padded(x, module),
    cases: [
      { title: 'a number around', make: () => make({ pad: 1, mode: 'constant', fillValue: -0.5 }), shape },
      ...modes.map((mode) => ({ title: mode, make: () => make({ pad, mode }), shape })),
    ],
    otherShape,
    refuses: [
      {
        title: 'another rank',
        make: () => make({ pad: 1, name: 'pad' }),
        run: (module) => module.forward([[1, 2]]),
        type: ShapeError,
        says: [`${name} "pad"`, `[1, 2] is not a batch of ${plural}`],
      },
      {
        title: `${plural} too small to be mirrored`,
        make: () => make({ pad: 2, mode: 'reflect' }),
        run: (module) => module.dataShapeFrom(small),
        type: ShapeError,
        says: [`not as much inside [${small.join(', ')}]`, "'edge'"],
      },
      { title: 'half a place', make: () => make({ pad: 0.5 }), type: ValueError, says: ['pad', '0.5'] },
    ],
  });
}
