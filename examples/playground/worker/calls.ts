import { loadWeights, toPyTorch } from 'tessera-nn';
import { answersTo } from './answers.js';
import { lookInto, type Question } from './looks.js';
import type { Session } from './session.js';

/** What the page asks of the worker beside training. */
export function callsOf(session: Session) {
  const { net, data } = session;
  return {
    answer: async (image: Float32Array) => (await answersTo(session, image))[0]!,
    look: (question: Question) => lookInto(session, question),
    loadWeights: async (file: Uint8Array) => void (await loadWeights(net, file)),
    onnx: async () => {
      const { exportOnnx } = await import('@tessera-nn/onnx'); // most readers never ask for it
      return exportOnnx(net, [1, ...data.train.sampleShape]);
    },
    pytorch: () => toPyTorch(net),
    unseen: () => data.unseen.length,
  };
}

/** The calls by name, for the page. */
export type Calls = ReturnType<typeof callsOf>;
