import {
  concat,
  noGrad,
  option,
  optionsOf,
  scope,
  type Data,
  type Given,
  type Module,
  type ShapeOf,
  type Variable,
} from '@tessera-nn/core';
import { inMode, mapData, variablesIn } from '@tessera-nn/core/internal';
import { batchesOf, batchSizeOption, Handler, inOrder } from './handler.js';
import { joined, type HandlerInput, type HostArray } from './host-arrays.js';
import { Pace } from './pace.js';
import { type AnyInputs, type InputBatch, inputOf, inputsOf, type LabelledSamples } from './samples.js';

const calculatorOptions = optionsOf('Calculator', {
  /** Default 128. */
  batchSize: batchSizeOption,
  /** Called after each batch; a Promise is awaited. */
  onBatchFinish: option.callback<(calculator: never) => unknown>().optional,
});
/** How a Calculator works. */
export type CalculatorOptions<Running = Calculator> = Omit<Given<typeof calculatorOptions>, 'onBatchFinish'> & {
  /** Called after each batch; a Promise is awaited. */
  onBatchFinish?: ((calculator: Running) => unknown) | undefined;
};

const runOptions = optionsOf('Calculator.calc', {
  /** Stops the run between two batches, with the signal's reason. */
  signal: option.abortSignal.optional,
});
/** How one run of a Calculator goes. */
export type CalculateOptions = Given<typeof runOptions>;

/**
 * Runs a module over many samples in batches: in eval mode, in order, without recording. What its outputs are for the
 * single batches is put together along the first axis; several outputs come as a list.
 *
 * Source: PuzzleLib's `Calculator`; Keras' `predict`. Modes are put back after each batch, so that the module may be
 * trained meanwhile.
 *
 * @example
 * const { values, shape } = await new Calculator(net).calcFromHost(images);
 * @throws what the module throws; DataError when there are no samples; the reason of an aborted signal.
 */
export class Calculator<Input extends Data = Variable, Output extends Data = Variable> extends Handler {
  /** The batch that runs now, from 1, of how many. */
  currBatch = 0;
  totalBatches = 0;
  readonly #onBatchFinish: ((calculator: Calculator<Input, Output>) => unknown) | undefined;

  constructor(
    readonly module: Module<Input, Output>,
    options: CalculatorOptions<Calculator<Input, Output>> = {},
  ) {
    const { batchSize, onBatchFinish } = calculatorOptions.read(options);
    super(calculatorOptions, batchSize);
    this.#onBatchFinish = onBatchFinish as typeof options.onBatchFinish;
  }

  /** The outputs on the device. */
  async calc(data: LabelledSamples | AnyInputs | HandlerInput, options: CalculateOptions = {}): Promise<Output> {
    const parts: Output[] = [];
    try {
      await this.#run(data, options, (output) => void parts.push(output));
      return noGrad(
        () => scope(() => mapData(parts[0]!, (_, i) => concat(parts.map((part) => variablesIn(part)[i]!)))) as Output,
      );
    } finally {
      for (const part of parts) free(part);
    }
  }

  /** The outputs on the host, which is what large data wants: nothing but a batch lies on the device. */
  async calcFromHost(
    data: LabelledSamples | AnyInputs | HandlerInput,
    options: CalculateOptions = {},
  ): Promise<ShapeOf<Output, HostArray>> {
    const parts: HostArray[][] = [];
    let layout: Data | undefined;
    await this.#run(data, options, async (output) => {
      try {
        const read = async (variable: Variable) => ({
          values: await variable.values(),
          shape: variable.shape,
          dtype: variable.dtype,
        });
        parts.push(await Promise.all(variablesIn(output).map(read)));
        layout ??= output;
      } finally {
        free(output);
      }
    });
    return mapData(layout!, (_, i) => joined(parts.map((part) => part[i]!))) as ShapeOf<Output, HostArray>;
  }

  async #run(
    data: LabelledSamples | AnyInputs | HandlerInput,
    options: CalculateOptions,
    take: (output: Output) => Promise<void> | void,
  ): Promise<void> {
    const { signal } = runOptions.read(options);
    const samples = await inputsOf(data);
    this.totalBatches = Math.ceil(samples.length / this.batchSize);
    this.currBatch = 0;
    const pace = new Pace();
    for (const [batch] of batchesOf(samples, inOrder(samples.length), this.batchSize)) {
      signal?.throwIfAborted();
      this.currBatch++;
      const input = batch as InputBatch<Input>;
      // Over before the first await, so that modes and scopes of others cannot come in between.
      const output = inMode(this.module, false, () => noGrad(() => scope(() => this.module.forward(inputOf(input)))));
      for (const variable of variablesIn(output)) variable.keep(); // an asynchronous scope of somebody else may end meanwhile
      await take(output);
      await this.#onBatchFinish?.(this);
      await pace.pause();
    }
  }
}

function free(data: Data): void {
  for (const variable of variablesIn(data)) variable.dispose();
}
