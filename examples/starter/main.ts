// Trains a small network on digits that are drawn as they are needed, and says how many of unseen ones it reads.
import { Activation, Adam, Conv2D, CrossEntropy, Flatten, Linear, MaxPool2D, Sequential } from 'tessera-nn';
import { seed, startBackend, syntheticDigits, Trainer, Validator } from 'tessera-nn';

const EPOCHS = 3;
const status = document.querySelector('#status')!;

async function learn(): Promise<void> {
  const backend = await startBackend();
  seed(7);
  const net = new Sequential([
    new Conv2D(1, 8, 3),
    new MaxPool2D(2),
    new Activation('relu'),
    new Flatten(),
    new Linear(8 * 13 * 13, 10),
  ]);
  const cost = new CrossEntropy();
  const [train, test] = syntheticDigits({ count: 1200 }).split(1000 / 1200);
  const trainer = new Trainer(net, cost, new Adam().setupOn(net), { batchSize: 50 });
  for await (const { epoch, batch, batches } of trainer.run(train, undefined, { epochs: EPOCHS }))
    status.textContent = `Epoch ${epoch} of ${EPOCHS}, batch ${batch} of ${batches}, on ${backend}.`;
  const wrong = await new Validator(net, cost).validate(test);
  status.textContent = `Reads ${Math.round(100 * (1 - wrong))} % of digits that it has not seen, on ${backend}.`;
}

learn().catch((error: Error) => (status.textContent = error.message));
