// How every picture looks: one palette, one scale of type, one set of distances.

/** Colours by what they are for. Those of series differ for eyes that see red and green alike, too. */
export interface Palette {
  readonly paper: string;
  readonly panel: string;
  readonly grid: string;
  readonly muted: string;
  readonly ink: string;
  readonly series: readonly string[];
}

export const palettes = {
  light: {
    paper: '#ffffff',
    panel: '#f3f5f8',
    grid: '#e0e4ea',
    muted: '#59626f',
    ink: '#1a1f27',
    series: ['#1f5fc4', '#c2480c', '#0b7a5c', '#8a3fb3', '#946200', '#4a5568'],
  },
  dark: {
    paper: '#13171d',
    panel: '#1d232b',
    grid: '#2c343f',
    muted: '#9ba6b4',
    ink: '#e7eaee',
    series: ['#79aaf8', '#f79454', '#4cc3a0', '#ca9df2', '#dcb04a', '#a7b2c1'],
  },
} as const satisfies Record<string, Palette>;

/** Sizes of text in pixels. */
export const TYPE = { title: 15, label: 12, tick: 11 } as const;
export type TextKind = keyof typeof TYPE;

/** From the edge of a picture to what is in it, and between its parts. */
export const MARGIN = 16;
export const GAP = 8;

/** The font that PNG files are drawn with; where it is not there, SVG pictures take the reader's own. */
export const FONT = 'Inter';
const FAMILY = `${FONT},system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif`;

export type Theme = 'auto' | keyof typeof palettes;

/** Style rules for elements within `.tessera-<theme>`. */
export function styleOf(theme: Theme): string {
  if (theme !== 'auto') return rulesOf(theme, palettes[theme]);
  return `${rulesOf(theme, palettes.light)}@media (prefers-color-scheme:dark){${colours(theme, palettes.dark)}}`;
}

function rulesOf(theme: Theme, palette: Palette): string {
  const scope = `.tessera-${theme}`;
  const type = Object.entries(TYPE).map(([kind, size]) => `${scope} .${kind}{font-size:${size}px}`);
  return [
    `${scope} text{font-family:${FAMILY}}`,
    ...type,
    `${scope} .title{font-weight:600}`,
    colours(theme, palette),
  ].join('');
}

function colours(theme: Theme, { series, ...named }: Palette): string {
  const all = [...Object.entries(named), ...series.map((colour, i) => [`series${i}`, colour] as const)];
  return all
    .map(
      ([name, colour]) => `.tessera-${theme} .${name}{fill:${colour}}.tessera-${theme} .${name}-line{stroke:${colour}}`,
    )
    .join('');
}

/** Widths of groups of characters, in ems of Inter; other fonts of interfaces are near. */
const NARROW = /[fijlrtI.,:;'|!()[\]/ -]/;
const WIDE = /[mwMWA-HK-Z%@#=+<>~]/;
const [NARROW_EM, USUAL_EM, WIDE_EM] = [0.35, 0.6, 0.76];

/** About how wide a text is, in pixels; there is nothing to measure it with where there is no page. */
export function textWidth(text: string, kind: TextKind): number {
  const ems = [...text].map((character) => {
    if (NARROW.test(character)) return NARROW_EM;
    return WIDE.test(character) ? WIDE_EM : USUAL_EM;
  });
  return TYPE[kind] * ems.reduce((sum, width) => sum + width, 0);
}

/** The text, or as much of its beginning as fits. */
export function fitted(text: string, kind: TextKind, width: number): string {
  if (textWidth(text, kind) <= width) return text;
  let length = text.length;
  while (length > 0 && textWidth(`${text.slice(0, length)}…`, kind) > width) length--;
  return `${text.slice(0, length)}…`;
}
