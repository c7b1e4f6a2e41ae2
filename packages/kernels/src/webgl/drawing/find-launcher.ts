import { backend as currentBackend, env } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { Launcher, type Renderer } from './launcher.js';
import { selfTest } from './self-test.js';

/** A launcher, or why there is none. */
type Finding = { launcher: Launcher; why: string } | { launcher: undefined; why: string };

const findings = new WeakMap<MathBackendWebGL, Finding>();
let enabled = true;
let mostTargets = Infinity;
let renderer: Renderer | undefined;

/**
 * Switches the launcher for all kernels, so that tests can compare with what runs without it; `targets` limits how many
 * textures a draw fills, as weaker devices do.
 */
export function useLauncher(on: boolean, { targets = Infinity }: { targets?: number } = {}): void {
  enabled = on;
  if (targets !== mostTargets) findings.delete(currentBackend() as MathBackendWebGL);
  mostTargets = targets;
}

/** Writes shaders as for this kind of renderer, whatever draws them, so that tests on one can see both; default: as it is. */
export function drawAs(kind: Renderer | undefined): void {
  if (kind !== renderer) findings.delete(currentBackend() as MathBackendWebGL);
  renderer = kind;
}

/** The launcher of the current backend; undefined where float textures or four render targets are missing. */
export function launcher(): Launcher | undefined {
  return enabled ? find().launcher : undefined;
}

/** Why kernels draw with the launcher here, or why they do not. */
export function launcherReason(): string {
  return enabled ? find().why : 'the launcher is switched off';
}

/** Looked at once for each device; where it fails, everything runs on tfjs's own programs, after one warning. */
function find(): Finding {
  const backend = currentBackend() as MathBackendWebGL;
  const known = findings.get(backend);
  if (known) return known;
  const found = examine(backend);
  findings.set(backend, found);
  if (!found.launcher) console.warn(`Tessera: slower WebGL kernels are used, because ${found.why}`);
  else if (found.launcher.lacks.length) console.warn(`Tessera: some WebGL kernels are slower ones here. ${found.why}`);
  return found;
}

function examine(backend: MathBackendWebGL): Finding {
  const none = (why: string): Finding => ({ launcher: undefined, why });
  if (env().getNumber('WEBGL_VERSION') !== 2) return none('WebGL 2 is missing');
  const gl = backend.gpgpu.gl as WebGL2RenderingContext;
  if (!env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return none('float32 render targets are missing');
  const buffers = Math.min(mostTargets, gl.getParameter(gl.MAX_DRAW_BUFFERS) as number);
  if (buffers < 4) return none(`a draw fills ${buffers} textures only, and 4 are needed`);
  const own = new Launcher(backend, { targets: mostTargets, renderer });
  const { fault, lacks } = selfTest(own);
  if (fault !== undefined) return none(`the known answers came out wrong: ${fault}`);
  own.lacks = lacks;
  const without = lacks.map(({ why }) => `; not where ${why}`).join('');
  return { launcher: own, why: `WebGL 2 with float32 render targets, ${own.targets} a draw${without}` };
}
