/** Renderers that draw on the processor: of Chromium, of Mesa, of Windows, of macOS. */
const SOFTWARE = /SwiftShader|llvmpipe|softpipe|Basic Render|Apple Software/i;

/** Whether a renderer of this name draws on the processor. */
export const isSoftware = (renderer: string): boolean => SOFTWARE.test(renderer);

/** What draws on a context, in the words of its driver; browsers may shorten them. */
export function rendererOf(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

/** What would draw here; undefined where there is no WebGL 2. */
export function findRenderer(): string | undefined {
  try {
    const gl =
      typeof OffscreenCanvas === 'undefined'
        ? document.createElement('canvas').getContext('webgl2')
        : new OffscreenCanvas(1, 1).getContext('webgl2');
    if (!gl) return undefined;
    const renderer = rendererOf(gl);
    gl.getExtension('WEBGL_lose_context')?.loseContext(); // a page has few contexts
    return renderer;
  } catch {
    return undefined;
  }
}
