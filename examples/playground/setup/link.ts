import { DataError, nearestName } from 'tessera-nn';
import { dataKinds, type DataName } from '../data/data-kinds.js';
import { blockKinds } from './block-kinds.js';
import type { Block } from './block.js';
import {
  backends,
  faultOfNumber,
  firstSetup,
  numberRules,
  optimizers,
  type NumberName,
  type Setup,
  type Training,
} from './setup.js';

/** Deeper than anybody puts blocks into one another. */
const MOST_DEPTH = 8;

/** A setup as the fragment of an address: it goes to no server. */
export function fragmentOf({ data, blocks, training }: Setup): string {
  const written = { data, net: blocks.map(writtenBlock), ...training };
  return `#${encodeURIComponent(JSON.stringify(written))}`;
}

/** A block with its class and its body among its options, as short as it can be. */
const writtenBlock = ({ kind, options, body }: Block): unknown => [
  kind,
  options,
  ...(body ? [body.map(writtenBlock)] : []),
];

/** The setup of a fragment; the first one where there is none. @throws DataError for what is not one. */
export function setupFrom(fragment: string): Setup {
  if (fragment.length < 2) return firstSetup;
  const { data, net, ...training } = recordFrom(fragment);
  return {
    data: oneOf('data', data, Object.keys(dataKinds)) as DataName,
    blocks: blocksFrom(net),
    training: trainingFrom(training),
  };
}

function recordFrom(fragment: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decodeURIComponent(fragment.slice(1)));
    if (isRecord(value)) return value;
  } catch {
    // said below
  }
  throw refused('it is not whole', 'the address as the page made it');
}

function blocksFrom(value: unknown, depth = 0): Block[] {
  if (!Array.isArray(value) || depth > MOST_DEPTH) throw refused('its network is not one', 'a list of blocks');
  return value.map((block: unknown): Block => {
    const [kind, options, body] = Array.isArray(block) ? (block as unknown[]) : [];
    const name = oneOf('the class of a block', kind, [...blockKinds.keys()]);
    if (!isRecord(options)) throw refused(`its ${name} has no options`, 'an object');
    return {
      kind: name,
      options: { ...options },
      ...(blockKinds.get(name)!.hasBody && { body: blocksFrom(body ?? [], depth + 1) }),
    };
  });
}

function trainingFrom(given: Record<string, unknown>): Training {
  const training = { ...firstSetup.training, ...given };
  for (const name of Object.keys(numberRules) as NumberName[]) {
    const fault = faultOfNumber(name, training[name]);
    if (fault) throw refused(`its ${name} is ${JSON.stringify(training[name])}`, fault.replace('Expected ', ''));
  }
  oneOf('backend', training.backend, backends);
  oneOf('optimizer', training.optimizer, Object.keys(optimizers));
  const { backend, optimizer, learnRate, batchSize, epochs, count, seed } = training;
  return { backend, optimizer, learnRate, batchSize, epochs, count, seed };
}

function oneOf(what: string, value: unknown, known: readonly string[]): string {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  const near = typeof value === 'string' ? nearestName(value, known) : undefined;
  throw refused(`${what} is ${JSON.stringify(value)}`, near ? `"${near}"` : `one of ${known.join(', ')}`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function refused(why: string, expected: string): DataError {
  return new DataError(`The link cannot be opened: ${why}`, {
    path: 'Link',
    expected,
    hint: 'The page shows the network that it begins with',
  });
}
