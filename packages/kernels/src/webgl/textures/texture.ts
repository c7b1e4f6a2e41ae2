/** A texture of floats as shaders see it. */
export interface Texture {
  readonly handle: WebGLTexture;
  readonly width: number;
  readonly height: number;
}

/** Textures of one size in one: a draw fills all its layers, and shaders find the layer by a number. */
export interface LayeredTexture extends Texture {
  readonly layers: number;
}

/**
 * A texture that exists in tiles only: the texels of a tile lie at one position of a layered texture, each in a layer of
 * its own, row by row. Width, height and positions are those of the texture it stands for. Shaders read it with `fetchX` and
 * `readX` as if it were that one, but not with `lookX`.
 */
export interface Tiles extends Texture {
  readonly layered: LayeredTexture;
  /** Whether a row of tiles is a row of the layered texture. */
  readonly exact: boolean;
  /** Rows and pixels of a tile. */
  readonly tile: Tile;
  /** How pixels follow one another in images; a matrix has none, and tiles of one texel in several rows. */
  readonly images: TiledImages | undefined;
  /** Texels of a row of tiles. */
  readonly rowTexels: number;
}

export interface Tile {
  readonly rows: number;
  readonly columns: number;
}

export interface TiledImages {
  readonly height: number;
  readonly width: number;
  /** Texels of one pixel. */
  readonly texels: number;
}
