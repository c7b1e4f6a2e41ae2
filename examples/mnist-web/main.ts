import '../page/language.js'; // before what asks for it
import { downloadFile, save, ValueError, type Module, type Step } from 'tessera-nn';
import { DrawingBox } from '../page/drawing-box.js';
import { imageOf } from '../page/drawing.js';
import { latestOnly } from '../page/latest-only.js';
import { Plot } from '../page/plot.js';
import { Controls } from './controls.js';
import { DigitGrid } from './digit-grid.js';
import type { Digits } from './digits.js';
import { drawDigit } from './digit-image.js';
import { ErrorBox } from './error-box.js';
import { find } from './find.js';
import { nextFrame } from './next-frame.js';
import { bestOf } from '../page/softmax.js';
import { predict } from './predict.js';
import { ProbabilityBars } from './probability-bars.js';
import { Progress } from './progress.js';
import { RunControl } from './run-control.js';
import { defaultSettings, settingsFrom } from './settings.js';
import { Speed } from '../page/speed.js';
import { train, type RunView } from './train.js';

/** Where steps take long, the network is asked about the digits in view more often than it is measured. */
const REFRESH_MS = 5000;

/** The parts of the page, and the network that it shows. */
class Page implements RunView {
  readonly #errors = new ErrorBox();
  readonly #progress = new Progress();
  readonly #plot = new Plot(find('#plot', HTMLElement), 'Unseen digits');
  readonly #grid = new DigitGrid();
  readonly #bars = new ProbabilityBars();
  readonly #box = new DrawingBox(find('#drawing', HTMLCanvasElement), () => this.#readDrawing());
  readonly #answer = find('#answer', HTMLElement);
  readonly #mnistUrl = mnistUrl();
  readonly #controls = new Controls({
    onStart: () => void this.#run(),
    onPause: () => void this.#pause(),
    onResume: () => this.#resume(),
    onStop: () => this.#control?.stop(),
    onDownload: () => void this.#download(),
  });
  #control: RunControl | undefined;
  #net: Module | undefined;
  #speed = new Speed();
  #refreshed = 0;

  constructor() {
    this.#controls.show(defaultSettings);
    find('#clear', HTMLButtonElement).addEventListener('click', () => this.#box.clear());
    find('option[value=mnist]', HTMLOptionElement).disabled = this.#mnistUrl === '';
    addEventListener('error', ({ error, message }) => this.#errors.show(error ?? message));
    addEventListener('unhandledrejection', ({ reason }) => this.#errors.show(reason));
    try {
      this.#controls.show(settingsFrom(location.search));
    } catch (error) {
      this.#errors.show(error);
    }
  }

  async #run(): Promise<void> {
    const control = new RunControl();
    this.#control = control;
    try {
      const settings = this.#controls.read(location.search);
      this.#begin();
      await train(settings, { control, view: this, mnistUrl: this.#mnistUrl });
      this.#end('done', 'Done.');
    } catch (error) {
      if (control.signal.aborted) this.#end('stopped', 'Stopped.');
      else this.#fail(error);
    }
  }

  #begin(): void {
    this.#errors.hide();
    this.#controls.markWrong(undefined);
    this.#net?.dispose();
    this.#net = undefined;
    this.#speed = new Speed();
    this.#progress.clear();
    this.#plot.clear();
    this.#bars.clear();
    this.#controls.state = 'preparing';
  }

  // ---- what a run shows

  showWork(what: string, share?: number): void {
    this.#progress.say(`${what}…`);
    this.#progress.showShare(share);
  }

  async showStart(net: Module, { unseen }: Digits): Promise<void> {
    this.#net = net;
    this.#grid.showDigits(unseen);
    await nextFrame(); // so that the page can say what it does before it is busy
    await this.#refresh();
  }

  async showStep(step: Step): Promise<void> {
    this.#progress.showStep(step);
    const number = numberOf(step);
    // Not awaited: the device would wait for the page. The trainer waits for the same promise, and throws its error.
    step.loss().then(
      (loss) => {
        this.#speed.stepEnded(step.samples);
        this.#progress.showLoss(loss, this.#speed.imagesPerSecond);
        this.#plot.addLoss(number, loss);
        if (this.#controls.state !== 'preparing') return;
        this.#controls.state = 'training';
        this.#progress.say('Training.');
      },
      () => {},
    );
    if (performance.now() - this.#refreshed > REFRESH_MS) await this.#refresh();
  }

  async showAccuracy(step: Step, share: number): Promise<void> {
    this.#progress.showAccuracy(share);
    this.#plot.addAccuracy(numberOf(step), share);
    this.#progress.sayNumbers();
    await this.#refresh();
  }

  // ---- what the buttons do

  async #pause(): Promise<void> {
    const control = this.#control!;
    this.#progress.say('Pausing after this step…');
    await control.pause();
    if (control.signal.aborted) return;
    this.#controls.state = 'paused';
    this.#progress.say('Paused. The network can be tried meanwhile.');
  }

  #resume(): void {
    this.#speed.restart();
    this.#controls.state = 'training';
    this.#progress.say('Training.');
    this.#control?.resume();
  }

  /** What `load` of tessera-nn builds again, in a page or in Node. */
  async #download(): Promise<void> {
    try {
      await save(this.#net!, downloadFile('digits.safetensors'));
    } catch (error) {
      this.#errors.show(error);
    }
  }

  #end(state: 'done' | 'stopped', text: string): void {
    this.#controls.state = state;
    this.#progress.say(this.#net ? `${text} The network stays for drawing; Start begins anew.` : text);
    this.#readDrawing();
  }

  #fail(error: unknown): void {
    this.#controls.state = 'failed';
    this.#progress.say('That did not work; the page says why.');
    this.#errors.show(error);
    if (error instanceof ValueError) this.#controls.markWrong(error.path);
  }

  // ---- what the network says

  /** Asks the network again about everything in view. */
  async #refresh(): Promise<void> {
    const predictions = await predict(this.#net!, this.#grid.images);
    this.#grid.showPredictions(predictions.map(bestOf));
    this.#readDrawing();
    this.#refreshed = performance.now();
    this.#speed.restart();
  }

  #readDrawing(): void {
    const drawn = this.#box.lines.length > 0;
    const image = drawn ? imageOf(this.#box.lines) : new Float32Array(28 * 28);
    drawDigit(find('#preview', HTMLCanvasElement), image);
    if (drawn && this.#net) this.#ask(image).catch((error: unknown) => this.#errors.show(error));
    else this.#bars.clear();
    if (!drawn) this.#say('Draw a digit, and the network says what it reads.');
    else if (!this.#net) this.#say('Nobody can read this yet: press Start, and a network learns to.');
  }

  /** Below the box; screen readers read it out when it changes. */
  #say(text: string): void {
    if (this.#answer.textContent !== text) this.#answer.textContent = text;
  }

  /** On WebGL an answer may take longer than the next movement of the pen. */
  readonly #ask = latestOnly(async (image: Float32Array) => {
    if (!this.#net) return;
    const [probabilities] = await predict(this.#net, image);
    if (this.#box.lines.length === 0) return;
    this.#bars.show(probabilities!);
    this.#say(`The network reads a ${bestOf(probabilities!)}.`);
  });
}

/** Where the server offers the files of MNIST: `serve.mjs` puts it into the page. Empty when it does not. */
function mnistUrl(): string {
  const { content } = find('meta[name=mnist-url]', HTMLMetaElement);
  return content && new URL(content, document.baseURI).href;
}

/** Counts on over the epochs, from 1. */
function numberOf({ epoch, batch, batches }: Step): number {
  return batches * (epoch - 1) + batch;
}

new Page();
