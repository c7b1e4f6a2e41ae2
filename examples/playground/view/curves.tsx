import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Plot } from '../../page/plot.js';
import type { Run } from '../run/run.js';

/** Live curves of loss and accuracy. */
export function Curves({ run }: { run: Run }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(null);
  const drawn = useRef({ losses: 0, measures: 0 });
  useEffect(() => void (plot.current = new Plot(place.current!, 'Unseen images')), []);
  useSignalEffect(() => {
    void [run.progress.value, run.loss.value, run.version.value];
    const { losses, measures } = run;
    const at = drawn.current;
    if (losses.length < at.losses) {
      plot.current?.clear();
      at.losses = at.measures = 0;
    }
    // The last one is still being read on the device; what is measured comes behind the loss of its step.
    for (; Number.isFinite(losses[at.losses]); at.losses++) plot.current?.addLoss(at.losses + 1, losses[at.losses]!);
    for (; at.measures < measures.length; at.measures++) {
      const { step, share } = measures[at.measures]!;
      plot.current?.addAccuracy(step, share);
    }
  });
  return (
    <div
      ref={place}
      class="curves"
      role="img"
      aria-label="Loss of each step, and the share of unseen images that are right"
    />
  );
}
