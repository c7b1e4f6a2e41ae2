import { launcher } from '@tessera-nn/kernels';
import { backendName, heldAtRest, itCollects, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Adam,
  BackendError,
  BatchNorm2D,
  Conv2D,
  CrossEntropy,
  Flatten,
  Linear,
  MaxPool2D,
  Sequential,
  seed,
  stateDict,
  trainStep,
} from './index.js';

type Storage = (...args: unknown[]) => void;

/** Runs with a GPU that has room for so many textures more; how many it was asked for beyond that. */
function withRoomFor<Result>(textures: number, work: () => Result): Result {
  const gl = launcher()!.backend.gpgpu.gl as WebGL2RenderingContext;
  const own = gl as unknown as Record<string, Storage>;
  let [left, ranOut] = [textures, false];
  for (const name of ['texStorage2D', 'texStorage3D']) {
    const allocate = own[name]!;
    own[name] = (...args) => {
      if (left-- > 0) allocate.apply(gl, args);
      else ranOut = true;
    };
  }
  const getError = gl.getError.bind(gl);
  gl.getError = () => {
    const error = ranOut ? gl.OUT_OF_MEMORY : getError();
    ranOut = false;
    return error;
  };
  try {
    return work();
  } finally {
    for (const name of ['texStorage2D', 'texStorage3D', 'getError']) Reflect.deleteProperty(gl, name);
  }
}

function learnerOf() {
  seed(11);
  const module = new Sequential([
    new Conv2D(1, 8, 3),
    new BatchNorm2D(8),
    new MaxPool2D(2),
    new Flatten(),
    new Linear(72, 4),
  ]);
  return { module, cost: new CrossEntropy(), optimizer: new Adam(0.01).setupOn(module) };
}

type Learner = ReturnType<typeof learnerOf>;

const step = (learner: Learner, size: number): void => {
  const data = Float32Array.from({ length: size * 64 }, (_, i) => Math.sin(i));
  const target = Int32Array.from({ length: size }, (_, i) => i % 4);
  trainStep(learner, { data, shape: [size, 1, 8, 8], target }).dispose();
};

const everything = async ({ module, optimizer }: Learner) => [await stateDict(module), await optimizer.stateDict()];

if (backendName === 'webgl') {
  describe('Textures that the GPU has no room for', () => {
    onBackend();

    itCollects(
      'are an error that says how much, wherever a step asks for them, and nothing has changed',
      async function () {
        this.timeout(120_000);
        const untouched = await everything(learnerOf());
        const trained = learnerOf();
        for (let i = 0; i < 2; i++) step(trained, 4);
        const before = await everything(trained);
        let refusals = 0;
        let size = 5; // another one each time, whose textures are not in the pool
        for (const isFirst of [true, false]) {
          let isDone = false;
          for (let grants = 0; !isDone; grants++, size++) {
            const learner = isFirst ? learnerOf() : trained;
            try {
              withRoomFor(grants, () => {
                step(learner, size);
              });
              isDone = true;
            } catch (error) {
              refusals++;
              expect(error).to.be.instanceOf(BackendError);
              expect((error as Error).message).to.match(/GPU has no room for a texture of \d+ bytes/);
              expect(await everything(learner)).to.deep.equal(isFirst ? untouched : before);
            }
            expect(grants).to.be.lessThan(150);
          }
        }
        expect(refusals).to.be.greaterThan(20);
        step(trained, 4);
        const [again, other] = [learnerOf(), learnerOf()];
        for (let i = 0; i < 3; i++) step(again, 4);
        for (let i = 0; i < 3; i++) step(other, 4);
        expect(await everything(again)).to.deep.equal(await everything(other));
        await heldAtRest();
      },
    );

    it('are not asked for where the pool can make room', () => {
      const learner = learnerOf();
      step(learner, 3);
      const gl = launcher()!.backend.gpgpu.gl as WebGL2RenderingContext;
      const getError = gl.getError.bind(gl);
      let tries = 0;
      gl.getError = () => (tries++ === 0 ? gl.OUT_OF_MEMORY : getError());
      try {
        step(learner, 73);
      } finally {
        Reflect.deleteProperty(gl, 'getError');
      }
      expect(tries).to.be.greaterThan(1);
    });
  });
}
