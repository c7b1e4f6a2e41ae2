import type { Blueprint } from 'tessera-nn';
import { dataKinds } from '../data/data-kinds.js';
import type { CheckedBlock, CheckedNetwork } from '../setup/check-network.js';
import type { Setup } from '../setup/setup.js';

/** What draws the samples in the framework itself; other data are the reader's. */
const drawnBy: Partial<Record<Setup['data'], string>> = { digits: 'syntheticDigits' };

/** A program that builds the network and trains it as the page does. */
export function typescriptCode({ data, training }: Setup, { blueprint, blocks }: CheckedNetwork): string {
  const { backend, optimizer, learnRate, batchSize, epochs, count, seed } = training;
  const draws = drawnBy[data];
  const used = ['CrossEntropy', 'Trainer', 'seed', 'startBackend', optimizer, ...classesIn(blueprint)];
  const imports = [...new Set([...used, draws ?? 'ArrayDataset'])].sort((a, b) => a.localeCompare(b));
  const source = draws
    ? `const data = ${draws}({ count: ${count} });`
    : `const data = new ArrayDataset({ data: images, shape: [count, ${dataKinds[data].shape.join(', ')}], labels }); // yours`;
  return `import { ${imports.join(', ')} } from 'tessera-nn';

await startBackend('${backend}');
seed(${seed});
${source}
const net = ${listOf(blueprint, blocks, '')};
const optimizer = new ${optimizer}({ learnRate: ${learnRate} }).setupOn(net);
const trainer = new Trainer(net, new CrossEntropy(), optimizer, { batchSize: ${batchSize} });
for await (const step of trainer.run(data, undefined, { epochs: ${epochs} })) {
  if (step.batch === step.batches) console.log(step.epoch, await step.loss());
}
`;
}

function classesIn({ className, modules = {} }: Blueprint): string[] {
  return [className, ...Object.values(modules).flatMap(classesIn)];
}

/** A Sequential, a line for each of its modules with the shape that it makes. */
function listOf({ options, modules = {} }: Blueprint, blocks: readonly CheckedBlock[], margin: string): string {
  const inner = `${margin}  `;
  const lines = blocks.map(({ name, shape, body }) => {
    const comment = shape ? ` // [${['batch', ...shape].join(', ')}]` : '';
    return `${inner}${callOf(modules[name]!, body, inner)},${comment}\n`;
  });
  const name = options['name'] === undefined ? '' : `, ${JSON.stringify(options['name'])}`;
  return `new Sequential([\n${lines.join('')}${margin}]${name})`;
}

function callOf({ className, options, modules }: Blueprint, body: readonly CheckedBlock[], margin: string): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const written = `{ ${given.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')} }`;
  const inside = modules ? `${listOf(modules['body']!, body, margin)}, ` : '';
  return `new ${className}(${inside}${written})`;
}
