import { env } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { BackendError } from '../../errors.js';

/** What can take each other's place. */
export interface TextureKind<Item> {
  readonly name: string;
  readonly bytes: number;
  /** A new one, or null where the driver makes none. */
  make(): Item | null;
  destroy(item: Item): void;
}

interface Spare {
  readonly item: unknown;
  readonly kind: TextureKind<unknown>;
}

/**
 * The pool holds at most so many times the bytes of the most that were ever in use at once. A step that repeats finds all
 * that it needs in it: its textures are of many sizes, and not all in use at the same time.
 */
const MOST = 2;
/** More than there are kinds of WebGL errors, each of which is kept once. */
const ERRORS = 8;

/**
 * The textures that nobody uses. Of the kind that is asked for the one given back last is handed out; of all the oldest is
 * destroyed when there are too many, or every size of a batch would leave its textures behind.
 */
export class TexturePool {
  readonly #free = new Map<string, Spare[]>();
  /** The oldest first. */
  readonly #order = new Set<Spare>();
  /** Of those that nobody uses. */
  freeBytes = 0;
  /** Of the most that were ever in use at once. */
  mostUsed = 0;

  constructor(
    readonly gl: WebGL2RenderingContext,
    private usedBytes: number,
  ) {}

  /** Of all textures that exist, in use or not. */
  get bytes(): number {
    return this.freeBytes + this.usedBytes;
  }

  /**
   * A texture that was given back, or a new one; its texels hold anything. When the device has no room for a new one, all
   * that nobody uses are destroyed first.
   *
   * @throws BackendError when that does not help; nothing has changed then.
   */
  take<Item>(kind: TextureKind<Item>): Item {
    const spare = this.#free.get(kind.name)?.at(-1);
    if (spare) this.#forget(spare);
    const item = spare ? (spare.item as Item) : this.#make(kind);
    this.usedBytes += kind.bytes;
    this.mostUsed = Math.max(this.mostUsed, this.usedBytes);
    this.#shrinkTo(MOST * this.mostUsed);
    return item;
  }

  giveBack<Item>(kind: TextureKind<Item>, item: Item): void {
    const spare = { item, kind: kind as TextureKind<unknown> };
    const others = this.#free.get(kind.name);
    if (others) others.push(spare);
    else this.#free.set(kind.name, [spare]);
    this.#order.add(spare);
    this.usedBytes -= kind.bytes;
    this.freeBytes += kind.bytes;
    this.#shrinkTo(MOST * this.mostUsed);
  }

  #make<Item>(kind: TextureKind<Item>): Item {
    for (const isLast of [false, true]) {
      const item = kind.make();
      if (item !== null && !this.#ranOut()) return item;
      if (item !== null) kind.destroy(item);
      if (!isLast) this.#shrinkTo(0);
    }
    throw noRoom(`a texture of ${kind.bytes} bytes`);
  }

  /** @throws BackendError when the device had no room for what it was asked for last. */
  assertRoom(what: string): void {
    if (this.#ranOut()) throw noRoom(what);
  }

  /** WebGL says it nowhere else: a texture without memory is drawn into and read from as if there were nothing wrong. */
  #ranOut(): boolean {
    const { gl } = this;
    const errors = Array.from({ length: ERRORS }, () => gl.NO_ERROR as number);
    for (let i = 0; i < ERRORS && (errors[i] = gl.getError()) !== gl.NO_ERROR; i++);
    return errors.includes(gl.OUT_OF_MEMORY);
  }

  #shrinkTo(bytes: number): void {
    for (const spare of this.#order) {
      if (this.freeBytes <= bytes) return;
      this.#forget(spare);
      spare.kind.destroy(spare.item);
    }
  }

  #forget(spare: Spare): void {
    const { name, bytes } = spare.kind;
    const others = this.#free.get(name)!;
    others.splice(others.lastIndexOf(spare), 1);
    if (others.length === 0) this.#free.delete(name);
    this.#order.delete(spare);
    this.freeBytes -= bytes;
  }
}

const noRoom = (what: string): BackendError =>
  new BackendError(`The GPU has no room for ${what}`, {
    path: 'webgl',
    hint: 'Take smaller batches, dispose what is not needed, or start the backend "wasm"',
  });

const pools = new WeakMap<MathBackendWebGL, TexturePool>();

/** The pool of a backend: all textures come from it, those of tfjs's own kernels too. */
export function texturePool(backend: MathBackendWebGL): TexturePool {
  const known = pools.get(backend);
  if (known) return known;
  const manager = backend.getTextureManager();
  const inUse = manager.numBytesAllocated - manager.numBytesFree;
  const pool = new TexturePool(backend.gpgpu.gl as WebGL2RenderingContext, inUse);
  pools.set(backend, pool);
  putInFront(pool, manager);
  return pool;
}

type Manager = ReturnType<MathBackendWebGL['getTextureManager']>;
type ManagedTexture = ReturnType<Manager['acquireTexture']>;
type Asked = Parameters<Manager['acquireTexture']>;

/** tfjs's TextureUsage.UPLOAD: four floats a texel. */
const UPLOAD = 1;
/** What tfjs throws where the driver makes no texture. */
const NO_TEXTURE = 'Unable to create WebGLTexture';

/** From now on tfjs's manager makes and deletes; what it would keep, it keeps for ever. */
function putInFront(pool: TexturePool, manager: Manager): void {
  env().set('WEBGL_DELETE_TEXTURE_THRESHOLD', 0);
  const [acquire, release] = [manager.acquireTexture.bind(manager), manager.releaseTexture.bind(manager)];
  const kindOf = (...[shape, usage, isPacked]: Asked): TextureKind<ManagedTexture> => {
    const [rows, columns] = shape;
    const isWide = isPacked || (usage as number) === UPLOAD;
    return {
      name: `${rows} ${columns} ${usage} ${isPacked}`,
      bytes: isWide ? 16 * Math.ceil(rows / 2) * Math.ceil(columns / 2) : 4 * rows * columns,
      make: () => {
        try {
          return acquire(shape, usage, isPacked);
        } catch (error) {
          if ((error as Error).message.includes(NO_TEXTURE)) return null;
          throw error;
        }
      },
      destroy: (texture) => release(texture, shape, usage, isPacked),
    };
  };
  manager.acquireTexture = (...asked) => pool.take(kindOf(...asked));
  manager.releaseTexture = (texture, ...asked) => pool.giveBack(kindOf(...asked), texture);
}
