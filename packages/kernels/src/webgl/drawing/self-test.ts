import type { Lack } from './lack.js';
import type { Launcher } from './launcher.js';
import type { LayeredTexture } from '../textures/texture.js';

/** What some shaders need of a device, beside what all of them need. */
interface Need {
  readonly what: string;
  /** The text of shaders that need it. */
  readonly usedBy: RegExp;
  /** Four answers in GLSL over `x`, which holds NaN, both infinities and -0, and `one`; none is known to a compiler. */
  readonly asks: string;
  readonly expected: readonly number[];
}

/** GLSL lets a device lack each of these. One for each target that all devices have. */
const NEEDS: readonly Need[] = [
  {
    what: 'NaN',
    usedBy: /\b(isnan|notANumber|isAbove0)\b/,
    asks: 'isnan(x.x), isnan(x.y), isAbove0(x).x, isnan(x.yxzw).y',
    expected: [1, 0, 0, 1],
  },
  {
    what: 'infinities',
    usedBy: /\b(isinf|infinity)\b/,
    asks: 'isinf(x.y), isinf(x.z), isinf(one), x.z < -one && one < x.y',
    expected: [1, 1, 0, 1],
  },
  {
    what: 'signed zeros',
    usedBy: /\bisNegative\b/,
    asks: 'floatBitsToInt(x.w) < 0, x.w == 0.0, floatBitsToInt(one - one) < 0, floatBitsToInt(x.z) < 0',
    expected: [1, 1, 0, 1],
  },
  {
    what: 'whole numbers of 32 bits',
    usedBy: /\buint\b|BitsTo|<<|>>/,
    asks: `floatBitsToUint(one) == 0x3f800000u, intBitsToFloat((int(one) + 127) << 23) == 2.0,
      (uint(one) << 31) * 3u == 0x80000000u, (0xfffffffeu * uint(one)) >> 1 > uint(one)`,
    expected: [1, 1, 1, 1],
  },
];

const SPECIALS = 'vec4(uintBitsToFloat(0x7fc00000u), uintBitsToFloat(0x7f800000u), uintBitsToFloat(0xff800000u), -0.0)';

/**
 * Draws small known examples. What all kernels rely on: a layered texture as target and as input, 32-bit floats, whole
 * numbers up to 2^24. Then each thing that only some rely on, alone.
 *
 * @returns what is wrong for all of them, or else what only shaders that use it must do without.
 */
export function selfTest(launcher: Launcher): { fault: string | undefined; lacks: readonly Lack[] } {
  const taken: LayeredTexture[] = [];
  const take: Take = (size, layers) => {
    taken.push(launcher.takeLayered(size, size, layers));
    return taken.at(-1)!;
  };
  try {
    const fault = testFloats(launcher, take);
    return { fault, lacks: fault === undefined ? testNeeds(launcher, take) : [] };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error), lacks: [] };
  } finally {
    for (const layered of taken) launcher.giveLayeredBack(layered);
  }
}

type Take = (size: number, layers: number) => LayeredTexture;

function testFloats(launcher: Launcher, take: Take): string | undefined {
  const layers = launcher.targets;
  const [first, second] = [take(2, layers), take(2, layers)];
  const numbers = Array.from({ length: layers }, (_, i) => i);
  const written = (i: number) => `result${i} = vec4(${i}.0 + float(texel), 1.0 / 3.0, 16777213.0, 0.0);`;
  const read = (i: number) => `vec4 x${i} = fetchX(${layers - 1 - i}, 1 - position.x, over(3 - texel, 2));
  result${i} = vec4(x${i}.x * 2.0, x${i}.y * 3.0, x${i}.z + 2.0, x${i}.w);`;
  const write = () => ({ inputs: [], targets: layers, main: numbers.map(written).join('\n') });
  launcher.launch('SelfTestWrite', write, first, []);
  const reads = () => ({ inputs: ['X[]'], targets: layers, main: numbers.map(read).join('\n') });
  launcher.launch('SelfTestRead', reads, second, [first]);
  for (const layer of numbers) {
    const values = readLayer(launcher, second, layer);
    for (let texel = 0; texel < 4; texel++) {
      const from = 3 - texel;
      const expected = [2 * (layers - 1 - layer + from), 1, 16777215, 0];
      const received = [...values.subarray(texel * 4, texel * 4 + 4)];
      const right = expected.every((value, i) => Math.abs(received[i]! - value) <= (i === 1 ? 2e-7 : 0));
      if (!right) return `layer ${layer}, texel ${texel}: [${received.join(', ')}] instead of [${expected.join(', ')}]`;
    }
  }
  return undefined;
}

function testNeeds(launcher: Launcher, take: Take): Lack[] {
  const [first, second] = [take(1, 1), take(1, NEEDS.length)];
  const write = () => ({ inputs: [], targets: 1, main: `result0 = ${SPECIALS};` });
  launcher.launch('SelfTestSpecials', write, first, []);
  const answers = NEEDS.map(({ asks }, i) => `result${i} = vec4(${asks});`);
  const ask = () => ({
    inputs: ['X[]'],
    targets: NEEDS.length,
    uniforms: { one: 'float' } as const,
    main: ['vec4 x = fetchX(0, 0, 0);', ...answers].join('\n'),
  });
  launcher.launch('SelfTestNeeds', ask, second, [first], { one: 1 });
  return NEEDS.flatMap(({ what, usedBy, expected }, i) => {
    const received = readLayer(launcher, second, i);
    if (expected.every((value, j) => received[j] === value)) return [];
    return [{ what, usedBy, why: `${what} came out as [${received.join(', ')}] instead of [${expected.join(', ')}]` }];
  });
}

/** Of the layered texture that was drawn last. */
function readLayer(launcher: Launcher, { width, height }: LayeredTexture, layer: number): Float32Array {
  const gl = launcher.backend.gpgpu.gl as WebGL2RenderingContext;
  const values = new Float32Array(width * height * 4);
  gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, values);
  gl.readBuffer(gl.COLOR_ATTACHMENT0);
  return values;
}
