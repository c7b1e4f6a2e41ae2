import { addAll, broadcastTo, type Variable } from '@tessera-nn/core';
import { overImages, sumByMap } from './by-map.js';

/** What the gradient of batch normalisation reads: images x and g, and one value for each map of the others. */
export type Differentiated = Record<'x' | 'g' | 'scale' | 'centre' | 'inverse', Variable>;

type Maybe = Variable | undefined;

/** The sum of what is there. */
function total(...parts: Maybe[]): Variable | null {
  const terms = parts.filter((part) => part !== undefined);
  return terms.length > 0 ? addAll(terms) : null;
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
  { x, g, scale, centre, inverse }: Differentiated,
  [u, a, b]: readonly Maybe[],
  needsGrad: readonly boolean[],
): (Variable | null)[] {
  const [s, r] = [overImages(scale), overImages(inverse)];
  const deviation = x.sub(overImages(centre));
  const normal = deviation.mul(r);
  const mean = (images: Variable) => overImages(sumByMap(images).mul(scale.size / x.size));
  const project = (images: Variable) => images.sub(mean(images)).sub(normal.mul(mean(images.mul(normal))));
  const explicit = u && sumByMap(u.mul(project(g)));
  const bent = u && u.mul(mean(g.mul(normal))).add(g.mul(mean(u.mul(normal))));
  const ofNormal = total(a && g.mul(overImages(a)), bent?.mul(s.mul(r)).neg());
  return [
    needsGrad[0] && ofNormal ? ofNormal.mul(r) : null,
    needsGrad[1]
      ? total(u && project(u).mul(s.mul(r)), a && normal.mul(overImages(a)), b && broadcastTo(overImages(b), x.shape))
      : null,
    needsGrad[2] && explicit ? explicit.mul(inverse) : null,
    needsGrad[3] && ofNormal ? sumByMap(ofNormal).mul(inverse).neg() : null,
    needsGrad[4] ? total(ofNormal ? sumByMap(ofNormal.mul(deviation)) : undefined, explicit?.mul(scale)) : null,
  ];
}

/** What the gradients of m and of r = 1 / sqrt(v + epsilon) add to that of x: dm / N - (x - m) r^3 dr / N. */
export function statisticsGradient(
  { x, centre, inverse }: Pick<Differentiated, 'x' | 'centre' | 'inverse'>,
  [ofCentre, ofInverse]: readonly Maybe[],
): Variable[] {
  const share = centre.size / x.size;
  const parts = [
    ofCentre && broadcastTo(overImages(ofCentre.mul(share)), x.shape),
    ofInverse && x.sub(overImages(centre)).mul(overImages(ofInverse.mul(inverse.pow(3)).mul(-share))),
  ];
  return parts.filter((part) => part !== undefined);
}
