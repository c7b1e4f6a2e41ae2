import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { LackError, type Lack } from './lack.js';
import { isSoftware, rendererOf } from './renderer.js';
import { LayeredTexturePool } from '../textures/layered-texture-pool.js';
import { texturePool, type TexturePool } from '../textures/texture-pool.js';
import type { LayeredTexture, Texture, Tiles } from '../textures/texture.js';
import { inSpan } from '../../profile/spans.js';
import { bareName, wholeShader, type Forms, type Shader } from './shader-text.js';
import { tilesKey, tilesUniforms } from '../glsl/tile-reader.js';

/** A program that was handed to the driver, which compiles while nobody asks for its status. */
interface Issued {
  readonly key: string;
  readonly handle: WebGLProgram;
  readonly fragments: WebGLShader;
  readonly written: Shader;
}

interface Program {
  readonly handle: WebGLProgram;
  readonly sizes: readonly (WebGLUniformLocation | null)[];
  readonly scales: readonly (WebGLUniformLocation | null)[];
  readonly tiles: readonly (WebGLUniformLocation | null)[];
  readonly layered: readonly (WebGLUniformLocation | null)[];
  readonly resultWidth: WebGLUniformLocation | null;
  readonly uniforms: readonly (readonly [string, 'int' | 'float', WebGLUniformLocation | null])[];
}

const VERTICES = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

/** What draws: a graphics card, or the processor in its place. Shaders are written otherwise for each. */
export type Renderer = 'hardware' | 'software';

/** What hardware has at least, and what keeps the registers of a fragment few enough there. */
const HARDWARE_TARGETS = 4;
/** Software renderers' stores are cheap against their fetches, so that larger tiles pay. */
const SOFTWARE_TARGETS = 8;

/**
 * Draws on the context of a tfjs backend with programs of its own, into several textures at once.
 *
 * tfjs binds all that it needs before each of its own draws, so nothing is put back afterwards. It does not allocate:
 * see `workbench.ts`.
 */
export class Launcher {
  /** Draws made so far. */
  launches = 0;
  /** How many textures one draw may fill. */
  readonly targets: number;
  readonly maxTextureSize: number;
  /** What shaders must do without on this device. */
  lacks: readonly Lack[] = [];

  readonly #gl: WebGL2RenderingContext;
  readonly #samples: boolean;
  readonly #programs = new Map<string, Program>();
  readonly #issued = new Map<string, Issued>();
  #collects = false;
  readonly #framebuffer: WebGLFramebuffer;
  readonly #vertexArray: WebGLVertexArrayObject;
  /** Where all textures of the backend come from. */
  readonly pool: TexturePool;
  readonly #layered: LayeredTexturePool;
  #vertexShader: WebGLShader | undefined;
  #attached = 0;

  constructor(
    readonly backend: MathBackendWebGL,
    { targets: mostTargets = Infinity, renderer: known }: { targets?: number; renderer?: Renderer | undefined } = {},
  ) {
    const gl = backend.gpgpu.gl as WebGL2RenderingContext;
    this.#gl = gl;
    // Sampling is a third faster than texelFetch on SwiftShader and llvmpipe; on hardware texelFetch saves the arithmetic.
    this.#samples = known ? known === 'software' : isSoftware(rendererOf(gl));
    const offered = gl.getParameter(gl.MAX_DRAW_BUFFERS) as number;
    // Kernels are written for tiles of four and of eight; there are renderers that offer six.
    const isWide = this.#samples && Math.min(offered, mostTargets) >= SOFTWARE_TARGETS;
    this.targets = isWide ? SOFTWARE_TARGETS : HARDWARE_TARGETS;
    this.maxTextureSize = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.#framebuffer = gl.createFramebuffer();
    this.#vertexArray = gl.createVertexArray();
    this.pool = texturePool(backend);
    this.#layered = new LayeredTexturePool(this.pool);
  }

  /** Programs compiled so far. */
  get programs(): number {
    return this.#programs.size;
  }

  /** Bytes of textures that tfjs does not know of. */
  get layeredBytes(): number {
    return this.#layered.bytes;
  }

  /**
   * Draws once. The key names the shader: equal keys must mean equal shaders, which are then not even written out.
   *
   * @throws LackError where the shader uses what the device lacks.
   */
  launch(
    key: string,
    shader: () => Shader,
    outputs: readonly Texture[] | LayeredTexture,
    inputs: readonly (Texture | LayeredTexture | Tiles)[],
    uniforms: Readonly<Record<string, number>> = {},
  ): void {
    const forms = inputs.map((input) => ('layered' in input ? input : undefined));
    const fullKey = [key, ...forms.flatMap((tiles, i) => (tiles ? `${i} in ${tilesKey(tiles)}` : []))].join(' ');
    if (this.#collects) {
      if (!this.#programs.has(fullKey)) this.#issue(fullKey, shader, forms);
      return;
    }
    const gl = this.#gl;
    const program = this.#program(fullKey, shader, forms);
    const { width, height } = 'layers' in outputs ? outputs : outputs[0]!;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    this.#attach(outputs);
    gl.viewport(0, 0, width, height);
    gl.scissor(0, 0, width, height);
    gl.useProgram(program.handle);
    gl.bindVertexArray(this.#vertexArray);
    inputs.forEach((texture, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      const tiles = forms[i];
      const { width: columns, height: rows } = tiles?.layered ?? texture;
      gl.bindTexture('layers' in texture || tiles ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D, texture.handle);
      gl.uniform2i(program.sizes[i]!, texture.width, texture.height);
      gl.uniform2f(program.scales[i]!, 1 / columns, 1 / rows);
      if (tiles) {
        const numbers = tilesUniforms(tiles);
        gl.uniform4i(program.tiles[i]!, ...numbers.tiles);
        gl.uniform2i(program.layered[i]!, ...numbers.layered);
      }
    });
    gl.uniform1i(program.resultWidth, width);
    for (const [name, type, location] of program.uniforms) {
      if (type === 'int') gl.uniform1i(location, uniforms[name]!);
      else gl.uniform1f(location, uniforms[name]!);
    }
    inSpan('draw', fullKey, () => gl.drawArrays(gl.TRIANGLES, 0, 3));
    this.launches++;
  }

  /** A layered texture out of those that were given back, or a new one. Its texels hold anything. */
  takeLayered(width: number, height: number, layers: number): LayeredTexture {
    return this.#layered.take(width, height, layers);
  }

  /** Takes a layered texture back for a later draw. */
  giveLayeredBack(layered: LayeredTexture): void {
    this.#layered.giveBack(layered);
  }

  /** Fills a texture of four floats a texel, or of one; missing values at the end become 0. */
  upload({ handle, width, height }: Texture, values: ArrayLike<number>, channels: 1 | 4 = 4): void {
    const gl = this.#gl;
    let floats = values instanceof Float32Array ? values : Float32Array.from(values);
    if (floats.length !== width * height * channels) {
      const padded = new Float32Array(width * height * channels);
      padded.set(floats);
      floats = padded;
    }
    gl.bindTexture(gl.TEXTURE_2D, handle);
    const format = channels === 4 ? gl.RGBA : gl.RED;
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, format, gl.FLOAT, floats);
    gl.bindTexture(gl.TEXTURE_2D, null);
  }

  #attach(outputs: readonly Texture[] | LayeredTexture): void {
    const gl = this.#gl;
    const layered = 'layers' in outputs;
    const count = layered ? outputs.layers : outputs.length;
    for (let i = 0; i < Math.max(count, this.#attached); i++) {
      const point = gl.COLOR_ATTACHMENT0 + i;
      if (layered && i < count) gl.framebufferTextureLayer(gl.FRAMEBUFFER, point, outputs.handle, 0, i);
      else {
        const texture = layered ? null : (outputs[i]?.handle ?? null);
        gl.framebufferTexture2D(gl.FRAMEBUFFER, point, gl.TEXTURE_2D, texture, 0);
      }
    }
    if (count !== this.#attached) {
      gl.drawBuffers(Array.from({ length: count }, (_, i) => gl.COLOR_ATTACHMENT0 + i));
    }
    this.#attached = count;
  }

  /**
   * Hands all programs that some work would draw with to the driver, and draws nothing: what the work computes is
   * arbitrary. They compile side by side, since none is asked for its status yet.
   */
  collect<Result>(work: () => Result): Result {
    this.#collects = true;
    try {
      return work();
    } finally {
      this.#collects = false;
    }
  }

  /** Programs that were collected and not asked for their status yet. */
  get issued(): number {
    return this.#issued.size;
  }

  /**
   * Waits for the next of them, and draws one texel with it, for drivers that put off a part of their work till then.
   * False when there is none left.
   */
  finishNext(): boolean {
    const [next] = this.#issued.values();
    if (!next) return false;
    const gl = this.#gl;
    this.#finish(next);
    const { targets } = next.written;
    const pixel = this.takeLayered(1, 1, targets);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    this.#attach(pixel);
    gl.viewport(0, 0, 1, 1);
    gl.scissor(0, 0, 1, 1);
    gl.bindVertexArray(this.#vertexArray);
    next.written.inputs.forEach((_, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      for (const kind of [gl.TEXTURE_2D, gl.TEXTURE_2D_ARRAY]) gl.bindTexture(kind, null);
    });
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    this.giveLayeredBack(pixel);
    return true;
  }

  #program(key: string, shader: () => Shader, forms: Forms): Program {
    return this.#programs.get(key) ?? this.#finish(this.#issued.get(key) ?? this.#issue(key, shader, forms));
  }

  #issue(key: string, shader: () => Shader, forms: Forms): Issued {
    const known = this.#issued.get(key);
    if (known) return known;
    const gl = this.#gl;
    const written = shader();
    const lack = this.lacks.find(({ usedBy }) => usedBy.test(`${written.functions ?? ''}${written.main}`));
    if (lack) throw new LackError(lack.why);
    const fragments = this.#compile(gl.FRAGMENT_SHADER, wholeShader(written, forms, this.#samples));
    this.#vertexShader ??= this.#compile(gl.VERTEX_SHADER, VERTICES);
    const handle = gl.createProgram();
    gl.attachShader(handle, this.#vertexShader);
    gl.attachShader(handle, fragments);
    gl.linkProgram(handle);
    const issued = { key, handle, fragments, written };
    this.#issued.set(key, issued);
    return issued;
  }

  #finish({ key, handle, fragments, written }: Issued): Program {
    const gl = this.#gl;
    this.#issued.delete(key);
    // The link status tells all; asking for the compile status too would wait twice.
    if (!gl.getProgramParameter(handle, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`${key} does not compile:\n${gl.getShaderInfoLog(fragments) ?? ''}\n${written.main}`);
    }
    const location = (name: string) => gl.getUniformLocation(handle, name);
    gl.useProgram(handle);
    const inputs = written.inputs.map(bareName);
    inputs.forEach((name, i) => gl.uniform1i(location(name), i));
    const program: Program = {
      handle,
      sizes: inputs.map((name) => location(`${name}Size`)),
      scales: inputs.map((name) => location(`${name}Scale`)),
      tiles: inputs.map((name) => location(`${name}Tiles`)),
      layered: inputs.map((name) => location(`${name}Layered`)),
      resultWidth: location('resultWidth'),
      uniforms: Object.entries(written.uniforms ?? {}).map(([name, type]) => [name, type, location(name)]),
    };
    this.#programs.set(key, program);
    return program;
  }

  #compile(type: number, source: string): WebGLShader {
    const shader = this.#gl.createShader(type)!;
    this.#gl.shaderSource(shader, source);
    this.#gl.compileShader(shader);
    return shader;
  }
}
