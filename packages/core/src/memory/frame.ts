import { ReleasedError } from '@tessera-nn/kernels';

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

  constructor(
    /** The frame outside of it, which takes over its results. */
    public parent: Frame | undefined,
    /** Names the module call this frame stands for, for error messages and the ledger. */
    readonly call: { describe(): string } | undefined,
  ) {}

  own(item: Owned): void {
    this.owned.push(item);
  }

  /** Hands the items in `results`, and on request what was recorded, to the frame outside and frees the others. */
  close(results: ReadonlySet<Owned>, keepTape: boolean): void {
    for (const item of this.owned) {
      if (item.kept || results.has(item) || (keepTape && item.recorded)) hand(item, this.parent);
      else item.releaseMemory();
    }
    this.owned.length = 0;
  }
}

let current: Frame | undefined;

export function currentFrame(): Frame | undefined {
  return current;
}

/** Gives a new item to the current frame, or to the garbage collector where there is none. */
export function adopt(item: Owned): void {
  hand(item, current);
}

function hand(item: Owned, frame: Frame | undefined): void {
  if (item.kept || !frame) item.leaveToCollector();
  else frame.own(item);
}

/** Opens a frame inside the current one and makes it current. */
export function openFrame(call?: Frame['call']): Frame {
  current = new Frame(current, call ?? current?.call);
  return current;
}

/** Closes the current frame, which must be `frame`. Nothing of it survives but `results`, and the tape on request. */
export function closeFrame(frame: Frame, results: ReadonlySet<Owned>, keepTape = false): void {
  if (current !== frame) {
    dropFrame(frame);
    throw new ReleasedError('Two asynchronous scopes overlap without one lying inside the other', {
      path: 'scope',
      hint: 'Await the first scope before opening the second, or make the work inside them synchronous',
    });
  }
  current = frame.parent;
  frame.close(results, keepTape);
}

const nothing: ReadonlySet<Owned> = new Set();

/** Frees a frame whose work failed. Frames that were opened inside it and still run go on in the frame around it. */
export function dropFrame(frame: Frame): void {
  if (current === frame) current = frame.parent;
  for (let inner = current; inner; inner = inner.parent) if (inner.parent === frame) inner.parent = frame.parent;
  frame.close(nothing, false);
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
  const frame = openFrame(call);
  let result: T;
  try {
    result = work();
  } catch (error) {
    dropFrame(frame);
    throw error;
  }
  closeFrame(frame, survivors(result), keepTape);
  return result;
}

/** Runs work that makes something whole: where it throws, nothing stays of what it made, kept or not. */
export function whole<T>(work: () => T): T {
  const frame = openFrame();
  let result: T;
  try {
    result = work();
  } catch (error) {
    for (const item of frame.owned.splice(0)) item.releaseMemory();
    dropFrame(frame);
    throw error;
  }
  closeFrame(frame, new Set(frame.owned), true);
  return result;
}

/** Runs work whose result alone is for others: what it made on the way is freed, what it recorded stays recorded. */
export function compound<T extends Owned>(work: () => T, call?: Frame['call']): T {
  return inFrame(work, (result) => new Set([result]), { call, keepTape: true });
}
