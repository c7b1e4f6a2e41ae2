import type { Signal } from '@preact/signals';
import type { Look } from '../worker/looks.js';
import { Shown } from './shown.js';

/** A walk through the network, forward to the loss and backward from it, one tensor at a time. */
export function WalkView({ look: { pictures, places }, place }: { look: Look; place: Signal<number> }) {
  const last = places.length - 1;
  const at = Math.min(place.value, last);
  const go = (by: number) => (place.value = Math.min(Math.max(at + by, 0), last));
  return (
    <>
      <div class="buttons">
        <button id="walk-back" type="button" disabled={at === 0} onClick={() => go(-1)}>
          Back
        </button>
        <button id="walk-next" type="button" disabled={at === last} onClick={() => go(1)}>
          Next
        </button>
        <label class="slider">
          <span class="unseen">Place in the walk</span>
          <input
            type="range"
            min={0}
            max={last}
            value={at}
            aria-valuetext={places[at]}
            onInput={({ currentTarget }) => (place.value = currentTarget.valueAsNumber)}
          />
        </label>
      </div>
      <p id="walk-place" role="status" class="quiet">{`${at + 1} of ${last + 1}. ${places[at]}`}</p>
      <Shown {...pictures[0]!} />
    </>
  );
}
