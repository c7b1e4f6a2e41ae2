import { util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { allocateDense, denseTexture, denseWidth, RENDER } from '../textures/dense.js';
import { LackError } from './lack.js';
import type { Launcher } from './launcher.js';
import { launcher } from './find-launcher.js';
import type { Shader } from './shader-text.js';
import type { LayeredTexture, Texture, Tiles } from '../textures/texture.js';
import { putOffOrder, tilesOf } from '../textures/tiled-tensor.js';

/**
 * A tensor of tfjs with the texture that holds it. Dense: texel i holds values 4i to 4i + 3. Plain: texel i holds
 * value i, tfjs's own layout of unpacked tensors.
 */
export interface TensorTexture extends Texture {
  readonly info: TensorInfo;
}

let refused: string | undefined;

/** Why the device could not draw the last body of launches; told once. */
export function takeRefusal(): string | undefined {
  const why = refused;
  refused = undefined;
  return why;
}

/**
 * Runs a body of launches; what it allocated is freed behind it except what it `give`s. Undefined, for the next body,
 * where there is no launcher, or the device lacks what a shader uses.
 */
export function onWorkbench<Result>(body: (bench: Workbench) => Result): Result | undefined {
  const own = launcher();
  if (!own) return undefined;
  const bench = new Workbench(own);
  try {
    return body(bench);
  } catch (error) {
    bench.takeBack();
    if (!(error instanceof LackError)) throw error;
    refused = error.message;
    return undefined;
  } finally {
    bench.clear();
  }
}

/** Allocates, converts and launches for one run of a kernel. */
export class Workbench {
  readonly #scratch: TensorInfo[] = [];
  readonly #given: TensorInfo[] = [];
  readonly #layered: LayeredTexture[] = [];

  constructor(readonly launcher: Launcher) {}

  get targets(): number {
    return this.launcher.targets;
  }

  /** A dense texture; freed with the bench unless given. */
  dense(shape: readonly number[], width = denseWidth(shape)): TensorTexture {
    const size = util.sizeFromShape([...shape]);
    const texels = Math.ceil(size / 4);
    const { backend } = this.launcher;
    const info = backend.makeTensorInfo([...shape], 'float32');
    this.#scratch.push(info);
    return { info, ...allocateDense(backend, info, width, Math.max(1, Math.ceil(texels / width))) };
  }

  /** Dense textures of so many texels each, for what one launch hands to the next. */
  texels(count: number, textures = 1): TensorTexture[] {
    return Array.from({ length: textures }, () => this.dense([count * 4], Math.ceil(Math.sqrt(count))));
  }

  /**
   * What one launch hands to the next: layers of rows that no texture is too small for. Where `exact`, row and column of a
   * texel are those of the texture.
   */
  layered(rows: number, rowTexels: number, layers: number): LayeredTexture & { exact: boolean } {
    const exact = Math.max(rows, rowTexels) <= this.launcher.maxTextureSize;
    const width = exact ? rowTexels : Math.ceil(Math.sqrt(rows * rowTexels));
    const layered = this.launcher.takeLayered(width, exact ? rows : Math.ceil((rows * rowTexels) / width), layers);
    this.#layered.push(layered);
    return { ...layered, exact };
  }

  /** A plain texture; freed with the bench unless given. */
  plain(shape: readonly number[]): TensorTexture {
    const { backend } = this.launcher;
    const info = backend.makeTensorInfo([...shape], 'float32');
    this.#scratch.push(info);
    backend.texData.get(info.dataId).usage = RENDER;
    return this.#uploaded(info);
  }

  /** The tensor's values as `read` gives them, or in tiles, for shaders without `lookX` that read most of them once. */
  readTiled(tensor: TensorInfo): TensorTexture {
    const tiles = tilesOf(tensor);
    return tiles ? { ...tiles, info: tensor } : this.read(tensor);
  }

  /** The tensor's values in dense order, converted when they are not. */
  read(tensor: TensorInfo): TensorTexture {
    const { backend } = this.launcher;
    const data = backend.texData.get(tensor.dataId);
    const { texture } = data; // tiles are put in order by this look
    const known = denseTexture(tensor);
    if (known) return { ...known, info: tensor };
    const size = util.sizeFromShape(tensor.shape);
    if (texture == null && data.values != null) {
      const values = data.values as Float32Array;
      if (size % 4 !== 0) {
        const copy = this.dense(tensor.shape);
        this.launcher.upload(copy, values);
        return copy;
      }
      const width = denseWidth(tensor.shape);
      const adopted = { info: tensor, ...allocateDense(backend, tensor, width, Math.ceil(size / 4 / width)) };
      this.launcher.upload(adopted, values);
      return adopted;
    }
    const source = this.readPlain(tensor);
    const copy = this.dense(tensor.shape);
    this.run(
      'PlainToDense',
      () => ({
        inputs: ['X'],
        targets: 1,
        uniforms: { offset: 'int', size: 'int' },
        functions: 'float value(int i) { return i < size ? readX(i + offset).r : 0.0; }',
        main: 'int i = texel * 4; result0 = vec4(value(i), value(i + 1), value(i + 2), value(i + 3));',
      }),
      [copy],
      [source],
      { offset: data.slice?.flatOffset ?? 0, size },
    );
    return copy;
  }

  /** The tensor's values one a texel, converted when they are not; a view into a larger tensor keeps its offset. */
  readPlain(tensor: TensorInfo): TensorTexture {
    const { backend } = this.launcher;
    let plain = tensor;
    if (backend.texData.get(tensor.dataId).isPacked) {
      plain = backend.unpackTensor(ofThreeAxes(tensor));
      this.#scratch.push(plain);
    }
    return this.#uploaded(plain);
  }

  /** Whether `readPlain` returns the values from texel 0 on. */
  startsAtZero({ dataId }: TensorInfo): boolean {
    return !this.launcher.backend.texData.get(dataId).slice?.flatOffset;
  }

  /** One value a texel out of a dense texture, which may be longer. */
  plainFrom(texture: TensorTexture, shape: readonly number[]): TensorTexture {
    const plain = this.plain(shape);
    this.run(
      'DenseToPlain',
      () => ({ inputs: ['X'], targets: 1, main: 'result0 = vec4(readX(texel >> 2)[texel & 3]);' }),
      [plain],
      [texture],
    );
    return plain;
  }

  /** Draws once: `key` names the text of the shader, which is compiled on the first call with it. */
  run(
    key: string,
    shader: () => Shader,
    outputs: readonly TensorTexture[] | LayeredTexture,
    inputs: readonly (Texture | LayeredTexture | Tiles)[],
    uniforms?: Readonly<Record<string, number>>,
  ): void {
    this.launcher.launch(key, shader, outputs, inputs, uniforms);
  }

  /**
   * Hands a texture out as the result of a kernel. tfjs would read up to three values too many out of a dense texture
   * that is not full, so such a one is copied into a plain one.
   */
  give(texture: TensorTexture): TensorInfo {
    let { info } = texture;
    if (denseTexture(info) && util.sizeFromShape(info.shape) % 4 !== 0) {
      info = this.plainFrom(texture, info.shape).info;
    }
    const { dataId } = info;
    this.#scratch.splice(
      this.#scratch.findIndex((own) => own.dataId === dataId),
      1,
    );
    this.#given.push(info);
    return info;
  }

  /** Hands tiles out as the result of a kernel, to be put in order when that is needed. */
  giveTiled(tiles: Tiles, shape: readonly number[]): TensorInfo {
    const info = this.launcher.backend.makeTensorInfo([...shape], 'float32');
    putOffOrder(this.launcher, info, tiles);
    this.#layered.splice(
      this.#layered.findIndex((own) => own.handle === tiles.layered.handle),
      1,
    );
    this.#given.push(info);
    return info;
  }

  /** After an error: what was given belongs to nobody. */
  takeBack(): void {
    this.#scratch.push(...this.#given.splice(0));
  }

  /** Frees what was allocated on the bench and not handed out. */
  clear(): void {
    for (const info of this.#scratch.splice(0)) this.launcher.backend.disposeIntermediateTensorInfo(info);
    for (const layered of this.#layered.splice(0)) this.launcher.giveLayeredBack(layered);
  }

  /** With its texture. tfjs would draw values from the host into their place, by a program for each shape. */
  #uploaded(info: TensorInfo): TensorTexture {
    const { backend } = this.launcher;
    const data = backend.texData.get(info.dataId);
    const values = data.texture == null ? (data.values as Float32Array | null) : null;
    const { usage } = data;
    if (values) Object.assign(data, { values: null, usage: RENDER });
    try {
      backend.uploadToGPU(info.dataId);
    } catch (error) {
      if (values) Object.assign(data, { values, usage });
      throw error;
    }
    const { texture, texShape } = data;
    const made = { info, handle: texture!.texture, width: texShape![1], height: texShape![0] };
    if (values) this.launcher.upload(made, values, 1);
    return made;
  }
}

/** Whether a tensor has values, which shaders need. */
export const isFilled = ({ size }: Tensor): boolean => size !== 0;

/** Whether all tensors that are there have values. */
export const allFilled = (...tensors: readonly (Tensor | undefined)[]): boolean =>
  tensors.every((tensor) => !tensor || isFilled(tensor));

/** The tensor seen with the axes before the last two as one: packing pairs those two, and tfjs unpacks no more than six axes. */
function ofThreeAxes({ dataId, dtype, shape }: TensorInfo): TensorInfo {
  if (shape.length <= 3) return { dataId, dtype, shape };
  return { dataId, dtype, shape: [util.sizeFromShape(shape.slice(0, -2)), ...shape.slice(-2)] };
}
