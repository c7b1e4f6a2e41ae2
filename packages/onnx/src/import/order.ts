import type { Graph, Node } from '../format/messages.js';
import { OnnxError } from '../onnx-error.js';

/** The nodes that outputs of a graph depend on, in the order of the file, which has each behind what it reads. */
export function nodesInOrder({ node: nodes, output }: Graph): Node[] {
  const wanted = new Set(output.map(({ name }) => name));
  const made = new Set<string>();
  for (const { output } of nodes) {
    for (const name of output) {
      if (name !== '' && made.has(name)) throw new OnnxError(`Two nodes of the file make "${name}"`, { path: name });
      made.add(name);
    }
  }
  const needed = [...nodes].reverse().filter(({ input, output }) => {
    const isNeeded = output.some((name) => name !== '' && wanted.has(name));
    if (isNeeded) for (const name of input) wanted.add(name);
    return isNeeded;
  });
  return needed.reverse();
}
