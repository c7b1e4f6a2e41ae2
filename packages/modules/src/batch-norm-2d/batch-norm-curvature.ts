import { addAll, broadcastTo, type Variable } from '@tessera-nn/core';
import { overImages, sumByMap } from './by-map.js';

/** What the gradient of batch normalisation reads: images x and g, and one value for each map of the others. */
export type Differentiated = Record<'x' | 'g' | 'scale' | 'centre' | 'inverse', Variable>;

type Maybe = Variable | undefined;

/** The sum of what is there. */
function total(...parts: Maybe[]): Maybe {
  const terms = parts.filter((part) => part !== undefined);
  return terms.length > 0 ? addAll(terms) : undefined;
}

/**
 * The gradients of the gradient, in ops, so that they can be differentiated again. With s = scale, r = inverse, m = centre,
 * h = (x - m) r, means over the places of a map, and P v = v - mean v - h mean(h v), the gradient is dx = s r P g,
 * dscale = sum g h, dbias = sum g. P is symmetric. So with the cotangents u, a and b of the three:
 *
 * dg = s r P u + a h + b; ds = sum r u P g; with k = a g - s r (u mean(g h) + g mean(u h)), the gradient in h:
 * dx = r k; dm = -sum r k; dr = sum k (x - m) + s sum u P g.
 */
export function batchNormCurvature(
  { dx: u, dscale: a, dbias: b }: Record<'dx' | 'dscale' | 'dbias', Maybe>,
  { x, g, scale, centre, inverse }: Differentiated,
): Record<keyof Differentiated, () => Maybe> {
  const [s, r] = [overImages(scale), overImages(inverse)];
  const deviation = x.sub(overImages(centre));
  const normal = deviation.mul(r);
  const mean = (images: Variable) => overImages(sumByMap(images).mul(scale.size / x.size));
  const project = (images: Variable) => images.sub(mean(images)).sub(normal.mul(mean(images.mul(normal))));
  const explicit = u && sumByMap(u.mul(project(g)));
  const bent = u && u.mul(mean(g.mul(normal))).add(g.mul(mean(u.mul(normal))));
  const ofNormal = total(a && g.mul(overImages(a)), bent?.mul(s.mul(r)).neg());
  return {
    x: () => ofNormal?.mul(r),
    g: () =>
      total(u && project(u).mul(s.mul(r)), a && normal.mul(overImages(a)), b && broadcastTo(overImages(b), x.shape)),
    scale: () => explicit?.mul(inverse),
    centre: () => ofNormal && sumByMap(ofNormal).mul(inverse).neg(),
    inverse: () => total(ofNormal && sumByMap(ofNormal.mul(deviation)), explicit?.mul(scale)),
  };
}

/** What the gradients of m and of r = 1 / sqrt(v + epsilon) add to that of x: dm / N - (x - m) r^3 dr / N. */
export function statisticsGradient(
  grads: Record<'centre' | 'inverse', Maybe>,
  { x, centre, inverse }: Record<'x' | 'centre' | 'inverse', Variable>,
): Maybe {
  const share = centre.size / x.size;
  return total(
    grads.centre && broadcastTo(overImages(grads.centre.mul(share)), x.shape),
    grads.inverse && x.sub(overImages(centre)).mul(overImages(grads.inverse.mul(inverse.pow(3)).mul(-share))),
  );
}
