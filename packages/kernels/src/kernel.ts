import {
  engine,
  getBackend,
  registerKernel,
  tidy,
  zeros,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { cpuArrays } from './cpu/arrays.js';
import { isFloat32 } from './float32.js';
import { everyInput, type KernelInputs, type OutputSpec } from './kernel-inputs.js';
import { companionFunctions, runCompanion, type CompanionBody } from './wasm/companion.js';
import { inSpan } from './profile/spans.js';
import { sizeOf } from './shapes.js';
import { runLoops, type Loops } from './wasm/loops.js';
import { assertContext } from './webgl/drawing/context.js';
import { isFilled, takeRefusal } from './webgl/drawing/workbench.js';
import { launcher, launcherReason } from './webgl/drawing/find-launcher.js';

/**
 * One kernel: what it computes on physical tensors, and a body for each kind of backend.
 *
 * `compose` writes it with tfjs ops; it runs wherever no better body is given, and is the oracle of the others.
 * A body returns new tensors and never writes into its inputs: XNNPACK keeps packed copies of weights by tensor.
 */
export interface Kernel<Inputs extends KernelInputs, Attrs extends object, Results extends Tensor | Tensor[]> {
  /** Unique, in CapitalCase; tfjs sees it with the prefix `Tessera`. */
  readonly name: string;
  /** The shape rule: what comes out for these inputs. */
  readonly outputs: (inputs: Inputs, attrs: Attrs) => Results extends Tensor ? OutputSpec : OutputSpec[];
  /** tfjs ops; intermediates are freed around it. */
  readonly compose: (inputs: Inputs, attrs: Attrs) => Results;
  /** `wasm`: plain loops over views of the backend's memory. */
  readonly loops?: Loops<Inputs, Attrs>;
  /**
   * `wasm`: calls into our SIMD functions on the backend's memory. Wins over `wasm` and `loops`, which run where there is
   * no SIMD; only ever sees float32.
   */
  readonly companion?: CompanionBody<Inputs, Attrs>;
  /** `wasm`: calls into the backend's own kernels. Wins over `loops`; returning undefined passes on to the next body. */
  readonly wasm?: (inputs: Inputs, attrs: Attrs) => TensorInfo | TensorInfo[] | undefined;
  /** `cpu`: loops over the arrays of the backend. */
  readonly cpu?: Loops<Inputs, Attrs>;
  /** `webgl`: shaders of ours. Returning undefined passes on to `compose`. */
  readonly webgl?: (inputs: Inputs, attrs: Attrs) => TensorInfo | TensorInfo[] | undefined;
}

type BodyName = 'webgl' | 'cpu' | 'companion' | 'wasm' | 'loops' | 'compose';

interface Run {
  kernel: string;
  backend: string;
  body: BodyName;
  /** What made it run, or what kept a better one from running the last time. */
  why: string;
  calls: number;
}

const runs: Run[] = [];

function newRun(run: Run): Run {
  runs.push(run);
  return run;
}

type Declared = { readonly name: string } & Readonly<Partial<Record<BodyName, unknown>>>;

const declared: Declared[] = [];

/** Every kernel of the modules that were imported so far, in the order of their declaration. */
export function declaredKernels(): readonly Declared[] {
  return declared;
}

/** Declares a kernel. Nothing is registered or compiled before its first run. */
export function defineKernel<Inputs extends KernelInputs, Attrs extends object, Results extends Tensor | Tensor[]>(
  kernel: Kernel<Inputs, Attrs, Results>,
): Kernel<Inputs, Attrs, Results> {
  declared.push(kernel);
  return kernel;
}

/** Runs a kernel on the current backend and returns new tensors that the caller owns. */
export function runKernel<Inputs extends KernelInputs, Attrs extends object, Results extends Tensor | Tensor[]>(
  kernel: Kernel<Inputs, Attrs, Results>,
  inputs: Inputs,
  attrs: Attrs,
): Results {
  let registered = registrations.get(kernel);
  if (!registered) registrations.set(kernel, (registered = { name: freeName(kernel.name), on: new Set() }));
  const { name, on } = registered;
  const backend = getBackend();
  if (!on.has(backend)) {
    register(kernel, name, backend);
    on.add(backend);
  }
  return inSpan('kernel', kernel.name, () =>
    engine().runKernel<Results>(name, inputs as NamedTensorMap, attrs as unknown as NamedAttrMap),
  );
}

const registrations = new WeakMap<object, { readonly name: string; readonly on: Set<string> }>();
const takenNames = new Set<string>();

/** tfjs knows kernels by name alone: a second one of the same name, as hot reloading makes them, needs one of its own. */
function freeName(kernelName: string): string {
  let name = `Tessera${kernelName}`;
  while (takenNames.has(name)) name += "'";
  takenNames.add(name);
  return name;
}

/** Which body of each kernel has run so far on which backend, why that one, and how often. */
export function kernelReport(): readonly Readonly<Run>[] {
  return [...runs];
}

function register<Inputs extends KernelInputs, Attrs extends object, Results extends Tensor | Tensor[]>(
  kernel: Kernel<Inputs, Attrs, Results>,
  kernelName: string,
  backendName: string,
): void {
  const bodies: Partial<Record<BodyName, Run>> = {};
  const count = (body: BodyName, why: string) => {
    const run = (bodies[body] ??= newRun({ kernel: kernel.name, backend: backendName, body, why, calls: 0 }));
    run.calls++;
    run.why = why;
  };
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const given = inputs as unknown as Inputs;
      const options = attrs as unknown as Attrs;
      assertContext();
      const empty = emptyResults(kernel, given, options);
      if (empty) return empty;
      if (backendName === 'webgl' && kernel.webgl) {
        const drawn = kernel.webgl(given, options);
        if (drawn !== undefined) {
          count('webgl', launcherReason());
          return drawn;
        }
      }
      if (backendName === 'cpu' && kernel.cpu) {
        count('cpu', 'it has a body on cpu');
        return runLoops(kernel.cpu, given, options, kernel.outputs(given, options), cpuArrays);
      }
      const result = backendName === 'wasm' ? onWasm(kernel, given, options, count) : undefined;
      if (result !== undefined) return result;
      count('compose', whyComposed(kernel, backendName));
      return tidy(() => kernel.compose(given, options));
    },
  });
}

/** Results without elements, which no body is asked for: undefined where one has some, or no input lacks them. */
function emptyResults<Inputs extends KernelInputs, Attrs extends object, Results extends Tensor | Tensor[]>(
  kernel: Kernel<Inputs, Attrs, Results>,
  inputs: Inputs,
  attrs: Attrs,
): TensorInfo | TensorInfo[] | undefined {
  if (everyInput(inputs, isFilled)) return undefined;
  const specs = kernel.outputs(inputs, attrs);
  const all = [specs].flat();
  if (all.some(({ shape }) => sizeOf(shape) > 0)) return undefined;
  const results = all.map(({ shape, dtype }) => zeros([...shape], dtype));
  return Array.isArray(specs) ? results : results[0]!;
}

function whyComposed({ webgl, companion, wasm, loops }: Partial<Kernel<never, never, Tensor | Tensor[]>>, on: string) {
  if (on === 'webgl' && webgl)
    return takeRefusal() ?? (launcher() ? 'the shader does not take these inputs' : launcherReason());
  if (on === 'wasm' && (companion ?? wasm ?? loops)) return 'no body takes these inputs';
  return `it has no body of its own on ${on}`;
}

/** The first body that runs here; undefined leaves it to the composition. */
function onWasm<Inputs extends KernelInputs, Attrs extends object, Results extends Tensor | Tensor[]>(
  kernel: Kernel<Inputs, Attrs, Results>,
  inputs: Inputs,
  attrs: Attrs,
  count: (body: BodyName, why: string) => void,
): TensorInfo | TensorInfo[] | undefined {
  if (kernel.companion && everyInput(inputs, isFloat32)) {
    if (companionFunctions()) {
      count('companion', 'SIMD is there');
      return runCompanion(kernel.companion, inputs, attrs, kernel.outputs(inputs, attrs));
    }
  }
  const why = !kernel.companion
    ? 'it has no SIMD body'
    : companionFunctions()
      ? 'not all inputs are float32'
      : 'SIMD functions do not run here';
  const result = kernel.wasm?.(inputs, attrs);
  if (result !== undefined) {
    count('wasm', why);
    return result;
  }
  if (!kernel.loops) return undefined;
  count('loops', why);
  return runLoops(kernel.loops, inputs, attrs, kernel.outputs(inputs, attrs));
}
