import { FlowState } from './flow.js';

/** Something whose memory a frame can give back: a Variable or a node of the tape. */
export interface Owned {
  /** @internal Never freed by a frame: parameters, buffers, and what `keep` was called on. */
  readonly kept: boolean;
  /** @internal Whether it is a node of the tape, which outlives the module call that recorded it. */
  readonly recorded: boolean;
  /** @internal */
  releaseMemory(): void;
  /** @internal Called when the last frame around it closed: from now on only the garbage collector knows who uses it. */
  leaveToCollector(): void;
}

/**
 * A stretch of work that owns what is made in it. When it closes, results go up to the frame around it and everything
 * else is freed; the tape keeps what it needs by holding the storages themselves.
 */
export class Frame {
  readonly owned: Owned[] = [];
  /** The frame outside of it, which takes over its results, unless it closes first. */
  readonly #parent = currentFrame();
  /** Names the module call this frame stands for, for error messages and the ledger. */
  readonly call: { describe(): string } | undefined;
  #closed = false;

  constructor(call?: Frame['call']) {
    this.call = call ?? this.#parent?.call;
  }

  /** This frame, or the next one around it that has not closed. */
  get open(): Frame | undefined {
    return this.#closed ? this.#parent?.open : this;
  }

  /** Makes it the current frame while work runs, which is synchronous: what others make meanwhile would be its own. */
  around<T>(work: () => T): T {
    return withCurrent(this, work);
  }

  /** The same for work that may wait: where flows can be told apart, it owns what the work makes afterwards, too. */
  aroundFlow<T>(work: () => T): T {
    return this.around(() => flow.run(this, work));
  }

  own(item: Owned): void {
    this.owned.push(item);
  }

  /** Hands the items in `results`, and on request what was recorded, to the frame outside and frees the others. */
  close(results: ReadonlySet<Owned> = nothing, keepTape = false): void {
    this.#closed = true;
    const outside = this.#parent?.open;
    for (const item of this.owned) {
      if (item.kept || results.has(item) || (keepTape && item.recorded)) hand(item, outside);
      else item.releaseMemory();
    }
    this.owned.length = 0;
  }
}

const nothing: ReadonlySet<Owned> = new Set();

/** The frame of the stretch that runs now, from its beginning to its end without a pause. */
let current: Frame | undefined;
/** The frame of the scope that an asynchronous flow goes on in; it may have closed. */
const flow = new FlowState<Frame>();

/** The frame that owns what is made now: of the stretch that runs, else of the flow that goes on in it. */
export function currentFrame(): Frame | undefined {
  return current ?? flow.current?.open;
}

function withCurrent<T>(frame: Frame, work: () => T): T {
  const outer = current;
  current = frame;
  try {
    return work();
  } finally {
    current = outer;
  }
}

/** Gives a new item to the current frame, or to the garbage collector where there is none. */
export function adopt(item: Owned): void {
  hand(item, currentFrame());
}

function hand(item: Owned, frame: Frame | undefined): void {
  if (item.kept || !frame) item.leaveToCollector();
  else frame.own(item);
}

/**
 * Runs work in a frame of its own; `survivors` picks what outlives it, and with `keepTape` so does what was recorded.
 * Frees everything when the work throws.
 */
export function inFrame<T>(
  work: () => T,
  survivors: (result: T) => ReadonlySet<Owned>,
  { call, keepTape = false }: { call?: Frame['call']; keepTape?: boolean } = {},
): T {
  const frame = new Frame(call);
  let result: T;
  try {
    result = frame.around(work);
  } catch (error) {
    frame.close();
    throw error;
  }
  frame.close(survivors(result), keepTape);
  return result;
}

/** Runs work that makes something whole: where it throws, nothing stays of what it made, kept or not. */
export function whole<T>(work: () => T): T {
  const frame = new Frame();
  let result: T;
  try {
    result = frame.around(work);
  } catch (error) {
    for (const item of frame.owned.splice(0)) item.releaseMemory();
    frame.close();
    throw error;
  }
  frame.close(new Set(frame.owned), true);
  return result;
}

/** Runs work whose result alone is for others: what it made on the way is freed, what it recorded stays recorded. */
export function compound<T extends Owned>(work: () => T, call?: Frame['call']): T {
  return inFrame(work, (result) => new Set([result]), { call, keepTape: true });
}
