import { backend, getBackend } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { BackendError } from '../errors.js';

/** How a device's time is measured; `none` where the processor computes, so that its time is that of the calls. */
export type DeviceTiming = 'timer query' | 'read back' | 'none';

/** Tells how long the device worked on what it was handed, from lap to lap. */
export interface DeviceClock {
  readonly timing: DeviceTiming;
  /** Ends a lap, and begins the next one; `add` is called with its milliseconds, before `finish` is through. */
  lap(add: (ms: number) => void): void;
  /** Ends the last lap, which counts for nothing. */
  finish(): Promise<void>;
}

/** A clock for the current backend, whose first lap begins now. */
export function deviceClock(): DeviceClock {
  if (getBackend() !== 'webgl') return new NoClock();
  const gl = (backend() as MathBackendWebGL).gpgpu.gl as WebGL2RenderingContext;
  const timer = gl.getExtension('EXT_disjoint_timer_query_webgl2') as TimerQueries | null;
  return timer ? new TimerClock(gl, timer) : new ReadBackClock(gl);
}

class NoClock implements DeviceClock {
  readonly timing = 'none';
  lap(): void {
    // the device is the processor
  }
  finish(): Promise<void> {
    return Promise.resolve();
  }
}

/** The extension EXT_disjoint_timer_query_webgl2, which TypeScript does not know. */
interface TimerQueries {
  readonly TIME_ELAPSED_EXT: number;
  readonly GPU_DISJOINT_EXT: number;
}

const NANOSECONDS = 1e6; // in a millisecond
const BETWEEN_LOOKS = 1; // milliseconds; results come between tasks only

/** One query for each lap: the device notes its own time, and nothing waits. */
class TimerClock implements DeviceClock {
  readonly timing = 'timer query';
  readonly #laps: { query: WebGLQuery; add: (ms: number) => void }[] = [];
  #running: WebGLQuery;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly timer: TimerQueries,
  ) {
    gl.getParameter(timer.GPU_DISJOINT_EXT); // forgets what happened before
    this.#running = this.#begin();
  }

  #begin(): WebGLQuery {
    const query = this.gl.createQuery();
    this.gl.beginQuery(this.timer.TIME_ELAPSED_EXT, query);
    return query;
  }

  lap(add: (ms: number) => void): void {
    this.gl.endQuery(this.timer.TIME_ELAPSED_EXT);
    this.#laps.push({ query: this.#running, add });
    this.#running = this.#begin();
  }

  async finish(): Promise<void> {
    const { gl, timer } = this;
    gl.endQuery(timer.TIME_ELAPSED_EXT);
    gl.flush();
    const isDone = () => gl.isContextLost() || gl.getQueryParameter(this.#running, gl.QUERY_RESULT_AVAILABLE) === true;
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
    const isDisjoint = gl.getParameter(timer.GPU_DISJOINT_EXT) === true;
    for (const { query, add } of this.#laps) {
      add((gl.getQueryParameter(query, gl.QUERY_RESULT) as number) / NANOSECONDS);
      gl.deleteQuery(query);
    }
    gl.deleteQuery(this.#running);
    if (isDisjoint || gl.isContextLost()) {
      throw new BackendError('The clock of the graphics device was interrupted, so that its times say nothing', {
        path: 'profile',
        hint: 'Profile once more',
      });
    }
  }
}

/** Reads a pixel after each lap, which no driver puts off: what is waited for then is the device's time. */
class ReadBackClock implements DeviceClock {
  readonly timing = 'read back';
  readonly #framebuffer: WebGLFramebuffer;
  readonly #texture: WebGLTexture;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.#framebuffer = gl.createFramebuffer();
    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, 1, 1);
    gl.bindTexture(gl.TEXTURE_2D, null);
    this.#wait();
  }

  lap(add: (ms: number) => void): void {
    const start = performance.now();
    this.#wait();
    add(performance.now() - start);
  }

  #wait(): void {
    const { gl } = this;
    const drawn = gl.getParameter(gl.FRAMEBUFFER_BINDING) as WebGLFramebuffer | null;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.#texture, 0);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    gl.bindFramebuffer(gl.FRAMEBUFFER, drawn);
  }

  finish(): Promise<void> {
    this.gl.deleteFramebuffer(this.#framebuffer);
    this.gl.deleteTexture(this.#texture);
    return Promise.resolve();
  }
}
