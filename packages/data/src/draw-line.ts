/** A round pen. */
export interface Pen {
  /** Half the width of its line, in pixels. */
  radius: number;
  /** Over how many pixels the edge of the line fades. */
  softness: number;
}

/**
 * Draws a straight line with round ends into a square image of `side` pixels: each pixel near it gets the share of ink
 * that its distance from the line leaves it, or keeps what it has where that is more.
 *
 * Coordinates in pixels, the centre of the first pixel at (0.5, 0.5); what falls outside the image is cut off.
 */
export function drawLine(
  image: Float32Array,
  side: number,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  { radius, softness }: Pen,
): void {
  const reach = radius + softness / 2;
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
  const right = Math.min(side - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
  const bottom = Math.min(side - 1, Math.floor(Math.max(y0, y1) + reach));
  const alongX = x1 - x0;
  const alongY = y1 - y0;
  const lengthSquared = alongX * alongX + alongY * alongY;
  const perLength = lengthSquared > 0 ? 1 / lengthSquared : 0;

  for (let row = top; row <= bottom; row++) {
    const fromY = row + 0.5 - y0;
    for (let column = left; column <= right; column++) {
      const fromX = column + 0.5 - x0;
      const t = Math.min(1, Math.max(0, (fromX * alongX + fromY * alongY) * perLength));
      const dx = fromX - t * alongX;
      const dy = fromY - t * alongY;
      const squared = dx * dx + dy * dy;
      if (squared >= reach * reach) continue;
      const ink = Math.min(1, (reach - Math.sqrt(squared)) / softness);
      const at = row * side + column;
      if (ink > image[at]!) image[at] = ink;
    }
  }
}
