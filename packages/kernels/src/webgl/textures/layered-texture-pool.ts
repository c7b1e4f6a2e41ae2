import type { LayeredTexture } from './texture.js';
import type { TextureKind, TexturePool } from './texture-pool.js';

/** Layered textures of RGBA floats: made once and used again, for they live only from one draw to the next. */
export class LayeredTexturePool {
  /** Of all layered textures that exist, in use or not. */
  bytes = 0;

  constructor(readonly pool: TexturePool) {}

  take(width: number, height: number, layers: number): LayeredTexture {
    return this.pool.take(this.#kind(width, height, layers));
  }

  giveBack(layered: LayeredTexture): void {
    this.pool.giveBack(this.#kind(layered.width, layered.height, layered.layers), layered);
  }

  #kind(width: number, height: number, layers: number): TextureKind<LayeredTexture> {
    const bytes = width * height * layers * 16;
    return {
      name: `layered ${width} ${height} ${layers}`,
      bytes,
      make: () => {
        const handle = make(this.pool.gl, width, height, layers);
        if (!handle) return null;
        this.bytes += bytes;
        return { handle, width, height, layers };
      },
      destroy: ({ handle }) => {
        this.bytes -= bytes;
        this.pool.gl.deleteTexture(handle);
      },
    };
  }
}

function make(gl: WebGL2RenderingContext, width: number, height: number, layers: number): WebGLTexture | null {
  const handle = gl.createTexture() as WebGLTexture | null; // null when the context is lost
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, handle);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, side, gl.CLAMP_TO_EDGE);
  }
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, filter, gl.NEAREST);
  }
  gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA32F, width, height, layers);
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, null);
  return handle;
}
