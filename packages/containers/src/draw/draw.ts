import { checkModule } from '@tessera-nn/core/internal';
import { option, optionsOf, type AnyModule, type Given, type Shapes } from '@tessera-nn/core';
import { graphvizOf } from './graphviz.js';
import { mermaidOf } from './mermaid.js';
import { pictureOf } from './picture.js';
import { textOf } from './text.js';

const FORMS = { text: textOf, mermaid: mermaidOf, graphviz: graphvizOf };

const options = optionsOf('draw', {
  /** How: lines for a terminal, Mermaid for Markdown pages, or Graphviz' DOT. Default `text`. */
  as: option.oneOf(...(Object.keys(FORMS) as (keyof typeof FORMS)[])).or('text'),
  /** The shape of an input, batch included, or of a list the shapes; with it every node shows what it returns. */
  shape: option.anything<Shapes>().optional,
});
export type DrawOptions = Given<typeof options>;

/**
 * A drawing of a network: what reads what, with classes, options, parameter counts and, for a given input shape, the shape
 * of everything. Containers are taken apart as by `toGraph`; nothing is computed and nothing changes.
 *
 * @example
 * console.log(draw(net, { shape: [1, 1, 28, 28] }));
 * const page = draw(net, { as: 'mermaid' }); // put it into a ```mermaid block
 * @throws ValueError for a form that is none, ShapeError when an input of that shape does not fit, ContainerError as
 *   `toGraph`.
 */
export function draw(net: AnyModule, given: DrawOptions = {}): string {
  checkModule(net, 'draw');
  const { as, shape } = options.read(given);
  return FORMS[as](pictureOf(net, shape));
}
