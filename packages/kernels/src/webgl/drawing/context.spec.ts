import { backendName, collectGarbage, expectClose, itCollects, onBackend } from '@tessera-nn/testing';
import {
  dispose,
  engine,
  env,
  exp,
  registerBackend,
  removeBackend,
  setBackend,
  tensor,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { addKernel, multiplyKernel } from '../../arithmetic/arithmetic.js';
import { BackendError } from '../../errors.js';
import { functionsUsed } from '../../formula/numerics.glsl.js';
import { defineKernel, kernelReport, runKernel } from '../../kernel.js';
import { matmulKernel } from '../../matmul/matmul.js';
import { assertTrains, orLost } from './context.js';
import { elementwiseLaunch } from '../elementwise-launch.js';
import { selfTest } from './self-test.js';
import { launcher, useLauncher } from './find-launcher.js';

const numbers = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1));

async function product(): Promise<number[]> {
  const [a, b] = [tensor(numbers(6 * 8), [6, 8]), tensor(numbers(8 * 12), [8, 12])];
  const y = runKernel(matmulKernel, { a, b, bias: undefined }, { transposeA: false, transposeB: false });
  const values = [...(await y.data())];
  dispose([a, b, y]);
  return values;
}

const why = (kernel: string) =>
  kernelReport().find((row) => row.kernel === kernel && row.backend === 'webgl' && row.body === 'compose')?.why;

/** Runs with warnings collected instead of written. */
async function warnings(work: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => heard.push(text);
  try {
    await work();
  } finally {
    console.warn = warn;
  }
  return heard;
}

if (backendName === 'webgl') {
  describe('WebGL devices that lack something', () => {
    onBackend();
    afterEach(() => {
      env().set('WEBGL_RENDER_FLOAT32_ENABLED', true);
      useLauncher(true);
    });

    for (const targets of [4, 6]) {
      it(`with ${targets} render targets compute the same, with four of them`, async () => {
        const expected = await product();
        useLauncher(true, { targets });
        expect(launcher()!.targets).to.equal(4);
        const received = await product();
        received.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-6));
      });
    }

    it('with fewer run on tfjs and say so once', async () => {
      const expected = await product();
      const heard = await warnings(async () => {
        useLauncher(true, { targets: 1 });
        for (let i = 0; i < 2; i++) (await product()).forEach((v, j) => expect(v).to.be.closeTo(expected[j]!, 1e-6));
      });
      expect(heard).to.have.length(1);
      expect(heard[0]).to.match(/a draw fills 1 textures only, and 4 are needed/);
      expect(why('Matmul')).to.match(/a draw fills 1 textures only/);
    });

    it('with half floats do not train, and say what does', () => {
      expect(() => assertTrains()).not.to.throw();
      env().set('WEBGL_RENDER_FLOAT32_ENABLED', false);
      expect(() => assertTrains())
        .to.throw(BackendError, /16-bit floats only/)
        .with.property('hint')
        .that.includes('wasm');
    });

    it('that draw nothing fail the known answers', () => {
      const own = launcher()!;
      expect(selfTest(own)).to.deep.equal({ fault: undefined, lacks: [] });
      const launch = own.launch.bind(own);
      own.launch = (key, ...rest) => {
        if (key === 'SelfTestRead') launch(key, ...rest);
      };
      try {
        // The layered textures of the first run hold the right answers.
        for (let i = 0; i < 2; i++) own.takeLayered(2, 2, own.targets);
        expect(selfTest(own).fault).to.match(/^layer 0, texel 0: \[.*\] instead of \[/);
      } finally {
        delete (own as { launch?: unknown }).launch;
      }
    });

    const needs = ['NaN', 'infinities', 'signed zeros', 'whole numbers of 32 bits'];
    needs.forEach((need, layer) => {
      it(`with wrong ${need} run shaders that use none, compose the others, and say so once`, async () => {
        const { gl } = launcher()!.backend.gpgpu as unknown as { gl: WebGL2RenderingContext };
        let asked = 0;
        const readPixels = gl.readPixels.bind(gl) as (...args: unknown[]) => void;
        gl.readPixels = (...args: unknown[]) => {
          readPixels(...args);
          const [, , width, , , , values] = args as [number, number, number, number, number, number, Float32Array];
          if (width === 1 && asked++ === layer) values[0] = 0.5;
        };
        const expected = await product();
        try {
          const heard = await warnings(async () => {
            useLauncher(true, { targets: 4 });
            (await product()).forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-6));
          });
          expect(heard).to.have.length(1);
          expect(heard[0]).to.match(new RegExp(`not where ${need} came out as \\[0.5, `));
          expect(launcher()!.lacks.map(({ what }) => what)).to.deep.equal([need]);
          const functions = functionsUsed('exponential(x) power(x)');
          const code = { name: 'Special', inputs: ['x'], functions, results: ['exponential(x)'] };
          const special = defineKernel<{ x: Tensor }, object, Tensor>({
            name: `Special${layer}`,
            outputs: ({ x }) => ({ shape: x.shape }),
            compose: ({ x }) => exp(x),
            webgl: ({ x }) => elementwiseLaunch(code, [x], {}, x.shape)?.[0],
          });
          const x = tensor([-1, 0, 1, 2]);
          const y = runKernel(special, { x }, {});
          expectClose(await y.data(), [-1, 0, 1, 2].map(Math.exp), 'exp');
          dispose([x, y]);
          expect(why(special.name)).to.match(new RegExp(`^${need} came out`));
        } finally {
          delete (gl as Partial<WebGL2RenderingContext>).readPixels;
        }
      });
    });
  });

  describe('products by 1 on WebGL', () => {
    onBackend();

    it('share their values with the other factor, without a draw', async () => {
      const x = runKernel(addKernel, { a: tensor(numbers(6)), b: tensor(numbers(6)) }, {});
      const { launches } = launcher()!;
      const y = runKernel(multiplyKernel, { a: x, b: tensor(1) }, {});
      expect(launcher()!.launches).to.equal(launches);
      x.dispose();
      (await y.data()).forEach((value, i) => expect(value).to.equal(2 * numbers(6)[i]!));
      y.dispose();
    });
  });

  describe('a lost WebGL context', () => {
    onBackend();

    itCollects('is waited for without keeping what has come', async () => {
      const read = async () => new WeakRef(await orLost(() => Promise.resolve(new Float32Array(1000))));
      const references = await Promise.all(Array.from({ length: 20 }, read));
      await collectGarbage();
      expect(references.filter((reference) => reference.deref())).to.have.length(0);
    });

    it('is one clear error, for who waits for values and for who computes on', async () => {
      const { MathBackendWebGL } = await import('@tensorflow/tfjs-backend-webgl');
      const [a, b] = [tensor(numbers(64)), tensor(numbers(64))];
      const sum = runKernel(addKernel, { a, b }, {});
      const { gl } = launcher()!.backend.gpgpu;
      const extension = gl.getExtension('WEBGL_lose_context')!;
      const refused = (error: unknown) => {
        expect(error).to.be.instanceOf(BackendError);
        expect((error as Error).message).to.match(/WebGL context was lost.*load the last checkpoint/);
      };
      const outcome = async (work: () => Promise<unknown>): Promise<unknown> => {
        try {
          await work();
          return undefined;
        } catch (error) {
          return error;
        }
      };
      try {
        const waiting = outcome(() => orLost(() => new Promise(() => undefined)));
        extension.loseContext();
        refused(await waiting);
        refused(await outcome(() => orLost(() => sum.data())));
        expect(() => runKernel(addKernel, { a, b }, {})).to.throw(BackendError, /WebGL context was lost/);
      } finally {
        // tfjs makes a new context for a new backend.
        removeBackend('webgl');
        registerBackend('webgl', () => new MathBackendWebGL(), 2);
        await setBackend('webgl');
        expect(engine().backendName).to.equal('webgl');
      }
    });
  });
}
