import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { DrawingBox } from '../../page/drawing-box.js';
import { imageOf } from '../../page/drawing.js';
import { latestOnly } from '../../page/latest-only.js';
import { imageFrom } from '../data/load-data.js';
import { bestOf } from '../../page/softmax.js';
import type { Part } from './app.js';
import { Bars } from './bars.js';
import { paintSample } from './paint-sample.js';

/** Something to show the network, and what it says. */
export function TryPanel({ playground }: Part) {
  const { run, data, classes } = playground;
  const image = useSignal<Float32Array | undefined>(undefined);
  const answer = useSignal<Float32Array | undefined>(undefined);
  const canvas = useRef<HTMLCanvasElement>(null);
  const preview = useRef<HTMLCanvasElement>(null);
  const box = useRef<DrawingBox>(null);
  const ask = useRef(
    latestOnly(async (asked: Float32Array) => {
      answer.value = await run.ask('answer', asked);
    }),
  );
  useEffect(() => {
    box.current = new DrawingBox(canvas.current!, (lines) => {
      const [maps, side] = data.value.shape;
      const drawn = imageOf(lines, side);
      const all = new Float32Array(maps * drawn.length);
      for (let map = 0; map < maps; map++) all.set(drawn, map * drawn.length);
      image.value = lines.length > 0 ? all : undefined;
    });
  }, []);
  useSignalEffect(() => {
    void data.value; // other data take other images
    box.current?.clear();
  });
  useSignalEffect(() => {
    paintSample(preview.current!, image.value, data.value.shape);
  });
  useSignalEffect(() => {
    void [run.version.value, run.accuracy.value];
    const asked = image.value;
    if (!asked || !run.hasNetwork.value || playground.trained.value?.data !== playground.setup.value.data) {
      answer.value = undefined;
    } else playground.attempt(() => ask.current(asked));
  });
  const text = useComputed(() => {
    if (!image.value) return 'Draw, or drop an image: the network says what it sees.';
    if (!answer.value) return 'Nobody can answer yet: press Start, and a network learns to.';
    return `The network says ${classes.value[bestOf(answer.value)]}.`;
  });
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) playground.attempt(async () => (image.value = await imageFrom(file, data.value.shape)));
  };
  return (
    <section
      class="panel"
      aria-labelledby="try-title"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer?.files);
      }}
    >
      <h2 id="try-title">Try it</h2>
      <div class="try">
        <div>
          <canvas
            ref={canvas}
            id="drawing"
            class="drawing-box"
            width={480}
            height={480}
            tabIndex={0}
            role="img"
            aria-label="Drawing box"
            aria-describedby="drawing-help"
          />
          <div class="under-box">
            <button id="clear" type="button" onClick={() => (box.current?.clear(), (image.value = undefined))}>
              Clear
            </button>
            <label class="file-button">
              Image
              <input type="file" accept="image/*" onChange={({ currentTarget }) => take(currentTarget.files)} />
            </label>
            <canvas ref={preview} class="preview" role="img" aria-label="What the network sees" />
          </div>
        </div>
        <div>
          <p id="answer" role="status">
            {text.value}
          </p>
          <Bars
            caption="How likely each class is"
            rows={classes.value.map((name, i) => {
              const share = answer.value?.[i];
              return { name, share: share ?? 0, text: share === undefined ? '–' : `${(100 * share).toFixed(1)} %` };
            })}
            best={answer.value && bestOf(answer.value)}
          />
          <p class="quiet" id="drawing-help">
            Mouse, finger or pen; or with the keyboard: arrows move the pen, space puts it down and lifts it, delete
            clears.
          </p>
        </div>
      </div>
    </section>
  );
}
