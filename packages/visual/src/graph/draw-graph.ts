import * as dagre from '@dagrejs/dagre';
import { labelOf, pictureOf, type PictureNode } from '@tessera-nn/containers/internal';
import { option, optionsOf, type AnyModule, type Given, type Shapes } from '@tessera-nn/core';
import { checkModule } from '@tessera-nn/core/internal';
import { fitted, GAP, MARGIN, textWidth, TYPE, type TextKind } from '../look.js';
import { element, lineThrough, px, rectangle, textAt, type Box, type Place } from '../marks.js';
import { Picture } from '../picture.js';

const options = optionsOf('drawGraph', {
  /** The shape of an input, batch included, or of a list the shapes; with it every node shows what it returns. */
  shape: option.anything<Shapes>().optional,
  /** Where the data flow: `down`, or to the `right`. Default `down`. */
  direction: option.oneOf('down', 'right').or('down'),
  /** What stands above. Default: the name of the network and its class. */
  title: option.text.optional,
});
export type DrawGraphOptions = Given<typeof options>;

const [LINE, PADDING, WIDEST, CORNER, HEAD] = [17, 10, 300, 6, 5];
const [BETWEEN_NODES, BETWEEN_RANKS] = [24, 32];

interface Node extends Place {
  readonly width: number;
  readonly height: number;
}

interface Edge {
  readonly label: string;
  readonly points: readonly Place[];
}

/** What is used of dagre's graph, whose declarations do not resolve as those of ES modules. */
interface Layout {
  setGraph(label: object): void;
  setNode(name: string, label: object): void;
  setEdge(from: string, to: string, label: object): void;
  nodes(): readonly string[];
  node(name: string): Node;
  edges(): readonly object[];
  edge(edge: object): Edge;
}
const { Graph, layout } = dagre as unknown as {
  readonly Graph: new () => Layout;
  readonly layout: (graph: Layout) => void;
};

/**
 * A network as boxes and arrows: what reads what, with classes, options, parameter counts and, for a given input shape, the
 * shape of everything. Containers are taken apart as by `toGraph`; nothing is computed and nothing changes.
 *
 * @example
 * import { drawGraph } from '@tessera-nn/visual';
 * const picture = drawGraph(net, { shape: [1, 1, 28, 28] });
 * @throws ValueError for what is not a module, ShapeError when an input of that shape does not fit, ContainerError as
 *   `toGraph`.
 */
export function drawGraph(net: AnyModule, given: DrawGraphOptions = {}): Picture {
  checkModule(net, 'drawGraph');
  const { shape, direction, title = titleOf(net) } = options.read(given);
  const nodes = pictureOf(net, shape);
  const graph = placed(nodes, direction);
  const top = MARGIN + TYPE.title + GAP;
  const extent = extentOf(graph);
  const move = ({ x, y }: Place): Place => ({ x: x - extent.x + MARGIN, y: y - extent.y + top });
  const edges = graph.edges().flatMap((edge) => {
    const { points, label } = graph.edge(edge);
    return arrow(points.map(move), label);
  });
  const boxes = nodes.flatMap((node) => {
    const box = graph.node(node.name);
    return boxOf(node, { ...box, ...move(box) });
  });
  return new Picture({
    title,
    width: Math.max(extent.width, textWidth(title, 'title')) + 2 * MARGIN,
    height: top + extent.height + MARGIN,
    marks: [textAt({ x: MARGIN, y: MARGIN + TYPE.title / 2 }, title, { kind: 'title' }), ...edges, ...boxes],
  });
}

function titleOf(net: AnyModule): string {
  return net.name ? `${net.name} (${net.className})` : net.className;
}

/** Where everything lies, by dagre's layers. */
function placed(nodes: readonly PictureNode[], direction: 'down' | 'right'): Layout {
  const graph = new Graph();
  graph.setGraph({ rankdir: direction === 'down' ? 'TB' : 'LR', nodesep: BETWEEN_NODES, ranksep: BETWEEN_RANKS });
  for (const node of nodes) graph.setNode(node.name, sizeOf(node));
  for (const { name, reads } of nodes) {
    for (const { from, slots } of reads) {
      const label = slots.join(', ');
      graph.setEdge(from, name, {
        label,
        width: textWidth(label, 'tick'),
        height: label ? TYPE.tick : 0,
        labelpos: 'r',
      });
    }
  }
  layout(graph);
  return graph;
}

/** What nodes and edges take up; dagre itself counts the nodes alone. */
function extentOf(graph: Layout): Box {
  const corners = graph.nodes().flatMap((name) => {
    const { x, y, width, height } = graph.node(name);
    return [-0.5, 0.5].map((side) => ({ x: x + side * width, y: y + side * height }));
  });
  const places = [...corners, ...graph.edges().flatMap((edge) => graph.edge(edge).points)];
  const [left, right] = ends(places.map(({ x }) => x));
  const [top, bottom] = ends(places.map(({ y }) => y));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

const ends = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;

const kindOf = (line: number): TextKind => (line === 0 ? 'label' : 'tick');

function sizeOf(node: PictureNode): { width: number; height: number } {
  const lines = labelOf(node);
  const widest = Math.max(...lines.map((line, i) => textWidth(line, kindOf(i))));
  return { width: Math.min(widest + 2 * PADDING, WIDEST), height: lines.length * LINE + 2 * PADDING - GAP / 2 };
}

/** A node with its lines; inputs and outputs have an edge of colour. */
function boxOf(node: PictureNode, { x, y, width, height }: Node): string[] {
  const corner = { x: x - width / 2, y: y - height / 2 };
  const isEnd = node.isInput || node.isOutput;
  return [
    rectangle({ ...corner, width, height }, `panel ${isEnd ? 'series0-line' : 'grid-line'}`, {
      rx: isEnd ? 2 * CORNER : CORNER,
      'stroke-width': isEnd ? '1.5' : '1',
    }),
    ...labelOf(node).map((line, i) => {
      const at = { x, y: corner.y + PADDING - GAP / 4 + (i + 0.5) * LINE };
      const kind = kindOf(i);
      return textAt(at, fitted(line, kind, width - GAP), { kind, colour: i === 0 ? 'ink' : 'muted', anchor: 'middle' });
    }),
  ];
}

/** A smooth line through points with a head at its end, and what it carries beside its middle. */
function arrow(points: readonly Place[], label: string): string[] {
  const [first, ...rest] = points;
  const end = rest.pop()!;
  const last = rest.at(-1) ?? first!;
  let path = `M${px(first!.x)} ${px(first!.y)}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1] ?? end;
    const to = i === rest.length - 1 ? end : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += `Q${px(point.x)} ${px(point.y)} ${px(to.x)} ${px(to.y)}`;
  });
  if (rest.length === 0) path += `L${px(end.x)} ${px(end.y)}`;
  const middle = points[Math.floor(points.length / 2)]!;
  return [
    element('path', { class: 'muted-line', d: path, fill: 'none', 'stroke-width': '1.25' }),
    headOf(end, Math.atan2(end.y - last.y, end.x - last.x)),
    ...(label ? [textAt({ x: middle.x + GAP / 2, y: middle.y }, label, { kind: 'tick', colour: 'muted' })] : []),
  ];
}

function headOf(end: Place, angle: number): string {
  const wing = (side: number) => ({
    x: end.x - HEAD * Math.cos(angle + side),
    y: end.y - HEAD * Math.sin(angle + side),
  });
  return lineThrough([wing(0.6), end, wing(-0.6)], 'muted', { 'stroke-width': '1.25' });
}
