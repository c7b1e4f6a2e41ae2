/** A texture of floats as shaders see it. */
export interface Texture {
  readonly handle: WebGLTexture;
  readonly width: number;
  readonly height: number;
}

/** Textures of one size in one: a draw fills all its layers, and shaders find the layer by a number. */
export interface Stack extends Texture {
  readonly layers: number;
}
