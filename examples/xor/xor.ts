// Exclusive or, with nothing but Variables: forward by hand, backward by the tape, update by hand.
import { initialise, parameter, scope, seed, startBackend, Variable } from 'tessera-nn';

await startBackend('wasm');
seed(7);

const x = new Variable([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const target = new Variable([[0], [1], [1], [0]]);

const random = (rows: number, columns: number) =>
  parameter(initialise([rows, columns], { scheme: 'xavier_normal' }), { shape: [rows, columns] });
const w1 = random(2, 8);
const b1 = parameter([[0, 0, 0, 0, 0, 0, 0, 0]]);
const w2 = random(8, 1);
const b2 = parameter([[0]]);

/** One step; the scope frees what it made but the loss. */
const learn = () =>
  scope(() => {
    const hidden = x.matmul(w1).add(b1).tanh();
    const answer = hidden.matmul(w2).add(b2).sigmoid();
    const loss = answer.sub(target).square().mean();
    loss.backward();
    for (const weight of [w1, b1, w2, b2]) {
      weight.set(weight.sub(new Variable(weight.grad!)));
      weight.zeroGrad();
    }
    return loss;
  });

for (let step = 1; step <= 1000; step++) {
  const loss = learn();
  if (step % 200 === 0) console.log(`step ${step}: loss ${(await loss.item()).toFixed(5)}`);
}

const answer = x.matmul(w1).add(b1).tanh().matmul(w2).add(b2).sigmoid();
console.log('0 0, 0 1, 1 0, 1 1 give', (await answer.values()).map((p) => Math.round(p)).join(', '));
