import type { Launcher } from './launcher.js';

/**
 * Draws a small known example with all that the kernels rely on: a stack as target and as input, 32-bit floats,
 * infinities and NaN. Gives what went wrong; undefined when all is right.
 */
export function selfTest(launcher: Launcher): string | undefined {
  const gl = launcher.backend.gpgpu.gl as WebGL2RenderingContext;
  const layers = launcher.targets;
  const first = launcher.takeStack(2, 2, layers);
  const second = launcher.takeStack(2, 2, layers);
  const numbers = Array.from({ length: layers }, (_, i) => i);
  try {
    launcher.launch(
      'SelfTestWrite',
      () => ({
        inputs: [],
        targets: layers,
        main: numbers
          .map(
            (i) =>
              `result${i} = vec4(${i}.0 + float(texel), 1.0 / 3.0, 16777213.0, texel == 3 ? uintBitsToFloat(0x7f800000u) : -0.0);`,
          )
          .join('\n'),
      }),
      first,
      [],
    );
    launcher.launch(
      'SelfTestRead',
      () => ({
        inputs: ['X[]'],
        targets: layers,
        main: numbers
          .map(
            (i) => `vec4 x${i} = fetchX(${layers - 1 - i}, 1 - place.x, over(3 - texel, 2));
  result${i} = vec4(x${i}.x * 2.0, x${i}.y * 3.0, x${i}.z + 2.0, isnan(x${i}.w - x${i}.w) ? 1.0 : x${i}.w);`,
          )
          .join('\n'),
      }),
      second,
      [first],
    );
    const values = new Float32Array(16);
    for (const layer of numbers) {
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
      gl.readPixels(0, 0, 2, 2, gl.RGBA, gl.FLOAT, values);
      for (let texel = 0; texel < 4; texel++) {
        const from = 3 - texel;
        const expected = [2 * (layers - 1 - layer + from), 1, 16777215, from === 3 ? 1 : 0];
        const received = [...values.subarray(texel * 4, texel * 4 + 4)];
        const right = expected.every((value, i) => Math.abs(received[i]! - value) <= (i === 1 ? 2e-7 : 0));
        if (!right)
          return `layer ${layer}, texel ${texel}: [${received.join(', ')}] instead of [${expected.join(', ')}]`;
      }
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    gl.readBuffer(gl.COLOR_ATTACHMENT0);
    launcher.giveStackBack(first);
    launcher.giveStackBack(second);
  }
}
