import type { Node } from '../format/messages.js';
import { OnnxError } from '../onnx-error.js';

/** So many nodes are named for each problem. */
const NAMED = 5;

/** What of a file cannot be read, to be told all at once. */
export class LackingList {
  readonly #nodes = new Map<string, string[]>();

  add({ opType, domain, name, output }: Node, problem: string): void {
    const operator = domain === '' ? opType : `${domain}.${opType}`;
    const key = `${operator} ${problem}`;
    this.#nodes.set(key, [...(this.#nodes.get(key) ?? []), name || output[0] || '?']);
  }

  /** @throws OnnxError that lists what lacks, how often, and in which nodes. */
  check(): void {
    if (this.#nodes.size === 0) return;
    const lines = [...this.#nodes].map(([key, nodes]) => {
      const more = nodes.length > NAMED ? `, and ${nodes.length - NAMED} more` : '';
      return `${key}, ${nodes.length === 1 ? 'once' : `${nodes.length} times`}: ${nodes.slice(0, NAMED).join(', ')}${more}`;
    });
    throw new OnnxError('Some nodes of the file cannot be read', { path: 'fromOnnx', received: lines.join('; ') });
  }
}
