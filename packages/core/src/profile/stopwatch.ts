import { deviceClock, type SpanKind, type SpanPlace, type SpanWatcher } from '@tessera-nn/kernels/internal';
import { currentFrame } from '../memory/frame.js';
import { Profile, type ProfileSpan } from './report.js';

/** Gives every moment, of the processor and of the device, to the innermost span that is open then. */
export class Stopwatch implements SpanWatcher {
  readonly #clock = deviceClock();
  readonly #began = performance.now();
  readonly #whole = newSpan({ kind: 'all', name: '', module: '', op: '', kernel: '', start: 0 });
  readonly #spans: ProfileSpan[] = [];
  readonly #open: ProfileSpan[] = [this.#whole];
  readonly #ops: string[] = [];
  #since = this.#began;

  enter(kind: SpanKind, name: string, place: SpanPlace): void {
    this.#lap();
    if (kind === 'op') this.#ops.push(name);
    const span = newSpan({
      ...{ kind, name },
      module: (place ?? currentFrame()?.call)?.describe() ?? '',
      op: kind === 'module' ? '' : this.#ops.join(': '),
      kernel: kind === 'kernel' ? name : kind === 'draw' ? this.#open.at(-1)!.kernel : '',
      start: performance.now() - this.#began,
    });
    this.#spans.push(span);
    this.#open.push(span);
    this.#since = performance.now();
  }

  leave(): void {
    this.#lap();
    const span = this.#open.pop()!;
    span.end = this.#since - this.#began;
    if (span.kind === 'op') this.#ops.pop();
  }

  #lap(): void {
    const span = this.#open.at(-1)!;
    span.ms += performance.now() - this.#since;
    this.#clock.lap((ms) => (span.deviceMs += ms));
    this.#since = performance.now();
  }

  async stop(): Promise<void> {
    this.#lap();
    this.#whole.end = this.#since - this.#began;
    await this.#clock.finish();
  }

  profile(): Profile {
    return new Profile([this.#whole, ...this.#spans], this.#clock.timing);
  }
}

const newSpan = (place: Omit<ProfileSpan, 'end' | 'ms' | 'deviceMs'>): ProfileSpan => ({
  ...place,
  ...{ end: place.start, ms: 0, deviceMs: 0 },
});
