/** Places in the control block that threads share. `threadSource` has the same numbers. */
export const TASKS = 0;
export const LEFT = 1;
export const WAKE = 2;
export const FUNCTION = 3;
export const ARGUMENTS = 4;
export const SCRATCH_STEP = 5;
export const FAILED = 6;
export const CONTROLS = 7;

/**
 * What a thread runs, as text: a file of its own would have to be found by every bundler. It takes tasks from the
 * counter until there are none, looks out for more for a while, and sleeps.
 */
export const threadSource = `
'use strict';
const [TASKS, LEFT, WAKE, FUNCTION, ARGUMENTS, SCRATCH_STEP, FAILED] = [0, 1, 2, 3, 4, 5, 6];
const LOOKS = 20000; // some 100 microseconds: a kernel follows another sooner, mostly

function serve({ module, memory, controls, values, names, thread }, ready) {
  const functions = new WebAssembly.Instance(module, { env: { memory } }).exports;
  ready();
  for (;;) {
    const seen = Atomics.load(controls, WAKE);
    for (let task; (task = Atomics.sub(controls, TASKS, 1) - 1) >= 0; ) {
      const count = controls[ARGUMENTS];
      const args = Array.from(values.subarray(task * count, (task + 1) * count));
      args[count - 1] += thread * controls[SCRATCH_STEP];
      try {
        functions[names[controls[FUNCTION]]](...args);
      } catch {
        Atomics.store(controls, FAILED, 1);
      }
      if (Atomics.sub(controls, LEFT, 1) === 1) Atomics.notify(controls, LEFT);
    }
    let looks = 0;
    while (looks < LOOKS && Atomics.load(controls, WAKE) === seen) looks++;
    if (looks === LOOKS) Atomics.wait(controls, WAKE, seen);
  }
}

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (node) serve(node.workerData, () => node.parentPort.postMessage('ready'));
else onmessage = ({ data }) => serve(data, () => postMessage('ready'));
`;
