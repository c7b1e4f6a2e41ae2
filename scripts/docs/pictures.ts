// The picture of README.md: the network of its sample, made by what stands there.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { drawGraph } from '@tessera-nn/visual';
import * as tessera from 'tessera-nn';

/** The modules of the sample, and the shape of its batches. */
const NETWORK = /const net = (new Sequential\(.*?\]\));/s;
const SHAPE = [64, 1, 28, 28];

/** Pictures by their files. */
export function pictures(): Readonly<Record<string, string>> {
  const [, network] = NETWORK.exec(readFileSync('README.md', 'utf8'))!;
  const net = runInNewContext(network!, { ...tessera }) as tessera.Sequential;
  return { 'docs/pictures/network.svg': drawGraph(net, { shape: SHAPE, direction: 'right', title: 'net' }).toSvg() };
}
