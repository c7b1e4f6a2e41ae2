// What pictures are made of: elements of SVG, as text.
import { TYPE, type TextKind } from './look.js';

type Attributes = Readonly<Record<string, string | number | undefined>>;

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => SIGNS[sign]!);

/** A length or place: tenths of a pixel are enough. */
export const px = (value: number): string => String(Number(value.toFixed(1)));

/** An element; what it holds is SVG already. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const head = given.map(([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : escaped(value!)}"`);
  return content === '' ? `<${name}${head.join('')}/>` : `<${name}${head.join('')}>${content}</${name}>`;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Place {
  readonly width: number;
  readonly height: number;
}

export type Anchor = 'start' | 'middle' | 'end';

/** A line of text, its middle at `y`. */
export function textAt(
  { x, y }: Place,
  text: string,
  { kind = 'label', colour = 'ink', anchor = 'start', turned = false }: TextStyle = {},
): string {
  const capMiddle = 0.36 * TYPE[kind];
  return element(
    'text',
    {
      class: `${kind} ${colour}`,
      x,
      y: y + capMiddle,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      transform: turned ? `rotate(-90 ${px(x)} ${px(y)})` : undefined,
    },
    escaped(text),
  );
}

export interface TextStyle {
  readonly kind?: TextKind;
  readonly colour?: string;
  readonly anchor?: Anchor;
  /** Upwards instead of to the right. */
  readonly turned?: boolean;
}

/** A filled rectangle. */
export const rectangle = (box: Box, colour: string, more: Attributes = {}): string =>
  element('rect', { class: colour, ...box, ...more });

/** A line from place to place; where a place is missing it is interrupted. */
export function lineThrough(places: readonly (Place | undefined)[], colour: string, more: Attributes = {}): string {
  let path = '';
  places.forEach((place, i) => {
    if (place) path += `${places[i - 1] ? 'L' : 'M'}${px(place.x)} ${px(place.y)}`;
  });
  return element('path', { class: `${colour}-line`, d: path, fill: 'none', 'stroke-linejoin': 'round', ...more });
}
