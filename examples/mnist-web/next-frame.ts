/** A page that is hidden is not drawn; nothing should wait for its frames longer than this. */
const LONGEST_WAIT_MS = 1000;

/** Until the page was drawn once more; at once while it is hidden. */
export function nextFrame(): Promise<void> {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, LONGEST_WAIT_MS);
    requestAnimationFrame(() => setTimeout(resolve)); // the frame is drawn after the callbacks of the request
  });
}
