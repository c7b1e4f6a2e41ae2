/** A point a pen passes, in a unit square with y downwards. */
export interface StrokePoint {
  x: number;
  y: number;
  /** The pen turns sharply here; elsewhere it runs through in a smooth bow. */
  corner: boolean;
}

/** What a pen draws without being lifted. */
export type Stroke = readonly StrokePoint[];

/** The ways to write each digit: `digitStyles()[4][1]` holds the strokes of the second way to write a 4. */
export function digitStyles(): Stroke[][][] {
  return STYLES.map((styles) => styles.map((strokes) => strokes.map(parseStroke)));
}

/** Points `x,y` in hundredths of the square; `!` marks a corner. Set by hand and by eye. */
const STYLES: readonly (readonly (readonly string[])[])[] = [
  [
    ['52,6 28,20 20,50 30,83 52,95 73,80 80,48 70,18 50,6'],
    ['62,12 40,7 23,30 22,65 40,93 64,86 77,55 71,22 53,7 44,12'],
  ],
  [['50,5! 50,95!'], ['34,24! 54,5! 52,95!'], ['34,22! 53,5! 52,94!', '30,95! 73,94!']],
  [['24,25 40,7 64,8 73,27 61,52 40,75 22,92! 80,91!'], ['24,22 45,5 69,14 69,38 50,68 28,92 18,84 34,77 56,89 83,90']],
  [['25,16 50,5 71,17 66,37 43,47! 69,54 78,74 56,94 22,86'], ['25,8! 72,7! 46,41! 70,50 77,74 54,95 22,85']],
  [
    ['33,6! 21,57! 83,54!', '66,16! 61,96!'],
    ['63,96! 65,5! 18,65! 85,63!'],
    ['25,8 21,38 33,54 70,48', '73,6! 66,96!'],
  ],
  [
    ['74,7! 31,8! 27,44! 52,39 75,58 66,88 40,95 20,84'],
    ['33,10! 28,46! 55,43 75,64 62,90 38,95 20,86', '32,9! 77,6!'],
  ],
  [['66,6 40,26 24,60 36,91 62,92 75,72 60,53 38,58 26,75'], ['54,4 32,38 24,72 42,95 66,86 68,65 50,55 28,69']],
  [['22,10! 78,9! 45,95!'], ['22,10! 78,9! 46,95!', '36,51! 76,48!'], ['22,22! 24,9! 77,10! 55,48 44,95']],
  [
    ['70,20 52,6 30,16 34,36 55,51 74,70 66,91 40,94 25,77 40,55 62,40 71,22 58,8'],
    ['52,6 32,15 34,37 52,46 69,36 70,15 50,6', '50,46 28,58 25,82 50,95 75,82 72,58 52,46'],
  ],
  [
    ['73,15 52,6 28,19 29,43 50,49 69,34 74,12! 66,95!'],
    ['73,14 50,6 27,20 30,44 52,48 70,34 74,12! 75,60 62,90 33,92'],
  ],
];

function parseStroke(text: string): Stroke {
  return text.split(' ').map((point) => {
    const [x, y] = point.split(',', 2).map(Number.parseFloat);
    return { x: x! / 100, y: y! / 100, corner: point.endsWith('!') };
  });
}
