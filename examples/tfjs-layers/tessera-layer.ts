// A layer for tfjs-layers around any Tessera module. Tessera does not depend on tfjs-layers: this file is yours to copy.
import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable } from '@tensorflow/tfjs-layers';
import { asCustomGrad, type Module } from 'tessera-nn';

type Shape = (number | null)[];

/** The parameters of the module become weights of the layer, which `fit` trains and `model.save` saves. */
export class TesseraLayer extends layers.Layer {
  static readonly className = 'TesseraLayer';
  readonly #weights = new Map<string, LayerVariable>();

  constructor(
    readonly module: Module,
    options: ConstructorParameters<typeof layers.Layer>[0] = {},
  ) {
    super(options);
  }

  override computeOutputShape(shape: Shape): Shape {
    return [shape[0]!, ...this.module.dataShapeFrom([1, ...(shape.slice(1) as number[])]).slice(1)];
  }

  override build(shape: Shape): void {
    for (const [path, { shape, data }] of this.module.namedParameters()) {
      const weight = this.addWeight(path, [...shape], 'float32', initializers.zeros());
      weight.write(data);
      this.#weights.set(path, weight);
    }
    super.build(shape);
  }

  override call(inputs: Tensor | Tensor[], { training = false }: { training?: boolean }): Tensor {
    this.module.train(training);
    return tidy(() => asCustomGrad(this.module)([inputs].flat()[0]!, this.#values()));
  }

  /** Puts what `fit` has learned into the module. */
  bringBack(): void {
    this.module.loadStateDict(this.#values(), { strict: false }); // there may be buffers, which are the module's own
  }

  #values(): Record<string, Tensor> {
    return Object.fromEntries([...this.#weights].map(([path, weight]) => [path, weight.read()]));
  }
}
