/** How many draw calls WebGL 2 gets while some work runs. */
export async function countDraws(work: () => Promise<unknown>): Promise<number> {
  const prototype = WebGL2RenderingContext.prototype as unknown as Record<string, (...args: unknown[]) => void>;
  const originals = { drawElements: prototype.drawElements!, drawArrays: prototype.drawArrays! };
  let draws = 0;
  for (const [name, original] of Object.entries(originals)) {
    prototype[name] = function (...args) {
      draws++;
      original.apply(this, args);
    };
  }
  try {
    await work();
  } finally {
    Object.assign(prototype, originals);
  }
  return draws;
}
