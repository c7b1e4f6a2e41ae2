/** Scores as probabilities. */
export function softmax(scores: ArrayLike<number>): Float32Array {
  const highest = Math.max(...Array.from(scores));
  const powers = Float32Array.from(scores, (score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The most likely class. */
export function bestOf(probabilities: Float32Array): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
