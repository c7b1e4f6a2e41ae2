import { Adam, CrossEntropy, seed, startBackend, Trainer, Validator, type Module, type Step } from 'tessera-nn';
import { loadDigits, type Digits, type DigitsOptions } from './digits.js';
import { FrameWatch } from './frame-watch.js';
import { buildNetwork } from './network.js';
import type { RunControl } from './run-control.js';
import type { Settings } from './settings.js';
import { shareOfRight } from './validate.js';

/** What the page shows of a run. */
export interface RunView {
  /** The run waits for something that is not a step, and how far it is. */
  showWork(what: string, share?: number): void;
  /** Everything is there for the first step, which takes longest. */
  showStart(net: Module, digits: Digits): Promise<void>;
  showStep(step: Step): Promise<void>;
  showAccuracy(step: Step, share: number): Promise<void>;
}

export interface RunOptions {
  control: RunControl;
  view: RunView;
  /** Where the server offers the files of MNIST; empty when it does not. */
  mnistUrl: string;
}

const LEARNING_RATE = 1e-3;
const VALIDATIONS_PER_EPOCH = 4;

/** One run from the first digit to the last step: the way of the data. @throws the signal's reason when stopped. */
export async function train(settings: Settings, { control, view, mnistUrl }: RunOptions): Promise<void> {
  const { backend, batch, epochs } = settings;
  const { signal } = control;
  view.showWork(`Starting the backend ${backend}`);
  await startBackend(backend, { wasmPath: new URL('wasm/', document.baseURI).href });
  const onProgress: DigitsOptions['onProgress'] = (share) => view.showWork('Getting the digits', share);
  const digits = await loadDigits(settings, { mnistUrl, onProgress, signal });

  seed(settings.seed);
  const net = buildNetwork();
  const cost = new CrossEntropy({ maxlabels: 10 });
  const optimizer = new Adam(LEARNING_RATE).setupOn(net);
  const trainer = new Trainer(net, cost, optimizer, { batchSize: batch });
  const validator = new Validator(net, cost, { batchSize: batch });

  view.showWork(backend === 'webgl' ? 'Preparing shaders: the first step takes longest' : 'Preparing the first step');
  await view.showStart(net, digits);
  const frames = new FrameWatch();
  try {
    for await (const step of trainer.run(digits.train, undefined, { epochs, signal })) {
      await view.showStep(step);
      if (isTimeToValidate(step)) {
        await view.showAccuracy(step, await shareOfRight(validator, digits.unseen, { frames, signal }));
      }
      await frames.catchUp(step.loss());
      await control.whilePaused();
    }
  } finally {
    frames.end();
    optimizer.dispose();
    cost.dispose();
  }
}

/** After each quarter of an epoch, and at its end. */
function isTimeToValidate({ batch, batches }: Step): boolean {
  const quarter = Math.ceil(batches / VALIDATIONS_PER_EPOCH);
  return batch % quarter === 0 || batch === batches;
}
