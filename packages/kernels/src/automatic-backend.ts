import { isNode } from './wasm/node.js';
import { findRenderer, isSoftware } from './webgl/drawing/renderer.js';

/** A backend that was not taken. */
export interface PassedOver<Name extends string = string> {
  readonly backend: Name;
  /** What speaks against it here, in a sentence. */
  readonly why: string;
}

/** The order in which backends are tried, and what is known against some before. */
export interface Plan<Name extends string> {
  readonly order: readonly Name[];
  readonly passedOver: readonly PassedOver<Name>[];
}

/** WebGL first where a graphics card draws it. On the processor WASM computes several times as fast. */
export function planAutomatically(): Plan<'webgl' | 'wasm' | 'cpu'> {
  const renderer = findRenderer();
  if (renderer === undefined)
    return { order: ['wasm', 'cpu'], passedOver: [{ backend: 'webgl', why: 'there is no WebGL 2' }] };
  if (!isSoftware(renderer)) return { order: ['webgl', 'wasm', 'cpu'], passedOver: [] };
  const why = `no graphics card draws here, but ${renderer}, and wasm is faster than that`;
  return { order: ['wasm', 'webgl', 'cpu'], passedOver: [{ backend: 'webgl', why }] };
}

/** Warns, in one line, of what was passed over. Node has no WebGL, which is not worth a word. */
export function warnOf(taken: string, passedOver: readonly PassedOver[]): void {
  const unexpected = passedOver.filter(({ backend }) => backend !== taken && !(isNode && backend === 'webgl'));
  if (unexpected.length === 0) return;
  const reasons = unexpected.map(({ backend, why }) => `not on ${backend}: ${why}`);
  console.warn(`Tessera computes on ${taken}, ${reasons.join('; ')}`);
}
