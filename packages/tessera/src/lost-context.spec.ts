import { launcher } from '@tessera-nn/kernels';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Adam,
  BackendError,
  Linear,
  CrossEntropy,
  save,
  startBackend,
  stateDict,
  trainStep,
  Variable,
} from './index.js';

if (backendName === 'webgl') {
  describe('A WebGL context that was lost and given back', () => {
    onBackend();

    it('stays lost to everything that reads, computes or saves, also when the backend was started anew', async () => {
      const net = new Linear(8, 4);
      const optimizer = new Adam(0.01).setupOn(net);
      const learner = { module: net, cost: new CrossEntropy(), optimizer };
      const batch = { data: new Float32Array(16).fill(1), shape: [2, 8], target: Int32Array.of(0, 3) };
      await trainStep(learner, batch).item();
      const y = net.forward(new Variable(batch.data, { shape: [2, 8] }));
      const { gl } = launcher()!.backend.gpgpu;
      const extension = gl.getExtension('WEBGL_lose_context')!;
      const happens = (event: string) =>
        new Promise((resolve) => gl.canvas.addEventListener(event, resolve, { once: true }));
      try {
        const [goes, comes] = [happens('webglcontextlost'), happens('webglcontextrestored')];
        extension.loseContext();
        await goes;
        await new Promise((resolve) => setTimeout(resolve)); // a context can be restored after the event of its loss
        extension.restoreContext();
        await comes;
        expect(gl.isContextLost()).to.equal(false);
        const tries: Record<string, () => unknown> = {
          values: () => y.values(),
          print: () => y.print(),
          'a tensor of tfjs': () => y.data.data(),
          'a tensor of tfjs, at once': () => y.data.dataSync(),
          stateDict: () => stateDict(net),
          'the state of the optimizer': () => optimizer.stateDict(),
          save: () => save(net),
          forward: () => net.forward([[1, 2, 3, 4, 5, 6, 7, 8]]),
          'a step': () => trainStep(learner, batch),
        };
        const refusesAll = async () => {
          for (const [name, run] of Object.entries(tries)) {
            const error = await Promise.resolve()
              .then(run)
              .then(
                () => undefined,
                (thrown: unknown) => thrown,
              );
            expect(error, name).to.be.instanceOf(BackendError);
            expect((error as Error).message, name).to.match(/WebGL context was lost.*load the last checkpoint/);
          }
        };
        await refusesAll();
        await startBackend('cpu');
        await refusesAll();
        expect(await startBackend('webgl')).to.equal('webgl');
        await refusesAll();
      } finally {
        await startBackend('webgl');
      }
      const again = new Linear(8, 4);
      expect(await again.forward([[1, 2, 3, 4, 5, 6, 7, 8]]).values()).to.have.length(4);
    });
  });
}
