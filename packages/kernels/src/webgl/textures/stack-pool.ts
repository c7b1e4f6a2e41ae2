import type { Stack } from './texture.js';

/** What is kept for later draws; older stacks are deleted. One step of a small CNN uses less. */
const KEPT_BYTES = 256 * 2 ** 20;

/** Stacks of RGBA floats: made once and used again, for they live only from one draw to the next. */
export class StackPool {
  /** The one given back last is last. */
  #free: Stack[] = [];
  #freeBytes = 0;
  /** Of all stacks that exist, in use or not. */
  bytes = 0;

  constructor(readonly gl: WebGL2RenderingContext) {}

  take(width: number, height: number, layers: number): Stack {
    const at = this.#free.findIndex(
      (stack) => stack.width === width && stack.height === height && stack.layers === layers,
    );
    if (at < 0) return this.#make(width, height, layers);
    const [stack] = this.#free.splice(at, 1);
    this.#freeBytes -= bytes(stack!);
    return stack!;
  }

  giveBack(stack: Stack): void {
    this.#free.push(stack);
    this.#freeBytes += bytes(stack);
    while (this.#freeBytes > KEPT_BYTES) {
      const oldest = this.#free.shift()!;
      this.#freeBytes -= bytes(oldest);
      this.bytes -= bytes(oldest);
      this.gl.deleteTexture(oldest.handle);
    }
  }

  #make(width: number, height: number, layers: number): Stack {
    const { gl } = this;
    const handle = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, handle);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
      gl.texParameteri(gl.TEXTURE_2D_ARRAY, side, gl.CLAMP_TO_EDGE);
    }
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D_ARRAY, filter, gl.NEAREST);
    }
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA32F, width, height, layers);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, null);
    const stack = { handle, width, height, layers };
    this.bytes += bytes(stack);
    return stack;
  }
}

const bytes = ({ width, height, layers }: Stack): number => width * height * layers * 16;
