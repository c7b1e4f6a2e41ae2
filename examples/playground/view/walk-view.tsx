import { useSignal } from '@preact/signals';
import type { SentPicture } from '../worker/looks.js';
import { Shown } from './shown.js';

/** A walk through the network, forward to the loss and backward from it, one tensor at a time. */
export function WalkView({ pictures }: { pictures: readonly SentPicture[] }) {
  const place = useSignal(0);
  const last = pictures.length - 1;
  const at = Math.min(place.value, last);
  const go = (by: number) => (place.value = Math.min(Math.max(at + by, 0), last));
  return (
    <>
      <div class="buttons">
        <button type="button" disabled={at === 0} onClick={() => go(-1)}>
          Back
        </button>
        <button type="button" disabled={at === last} onClick={() => go(1)}>
          Next
        </button>
        <label class="slider">
          <span class="unseen">Place in the walk</span>
          <input
            type="range"
            min={0}
            max={last}
            value={at}
            aria-valuetext={pictures[at]!.title}
            onInput={({ currentTarget }) => (place.value = currentTarget.valueAsNumber)}
          />
        </label>
      </div>
      <p role="status" class="quiet">{`${at + 1} of ${last + 1}. ${pictures[at]!.title}`}</p>
      <Shown {...pictures[at]!} />
    </>
  );
}
