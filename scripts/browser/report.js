// Runs in a page: tells the server that it came from what happens here. Every browser can do that.
const { fetch } = globalThis; // specs put others in its place
let number = 0;

/** Sends at once, without waiting: the last message of a page that hangs says where. */
export function report(event, details = {}) {
  const body = JSON.stringify({ number: number++, event, ...details });
  void fetch('/report', { method: 'POST', body });
}

for (const type of ['error', 'warn']) {
  const write = console[type];
  console[type] = (...parts) => {
    report('console', { type, text: parts.map((part) => part?.stack ?? String(part)).join(' ') });
    write.apply(console, parts);
  };
}

/** Name, message and frames; the stack holds the first two in Chromium alone. */
export function stackOf(error) {
  const stack = error?.stack ?? '';
  return stack.includes(error?.message) ? stack : `${error}\n${stack}`;
}

/** What draws here, in the words of the driver. */
export function rendererName() {
  const gl = document.createElement('canvas').getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = gl?.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return name ?? 'no WebGL 2';
}
