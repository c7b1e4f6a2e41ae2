import { DataError, type Blueprint, type AnyModule } from '@tessera-nn/core';
import { crc32 } from '../checksum.js';
import { blueprintText, parseBlueprint } from '../network/plain-blueprint.js';
import { encode } from '../tensors/number-types.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';

/** What `format` says in a checkpoint. */
export const FORMAT = 'tessera';
/** The newest layout of a checkpoint that is known, and the one that is written. */
const FORMAT_VERSION = 1;

/** What a checkpoint says beside its tensors. */
export interface CheckpointMetadata {
  readonly blueprint: Blueprint;
  /** Further names of shared Variables, and the name each is stored under. */
  readonly aliases: Map<string, string>;
  /** The names of tensors that are not learned: `setAttr` may have put them into modules that are built without them. */
  readonly buffers: ReadonlySet<string>;
  /** By class name, the `static version` of each class that states one, else 1. */
  readonly classVersions: Map<string, number>;
}

type Tensors = ReadonlyMap<string, StoredTensor>;

/** The texts for the header of a checkpoint. @throws ModuleError when the network has no plain blueprint. */
export function describeNetwork(
  net: AnyModule,
  aliases: ReadonlyMap<string, string>,
  tensors: Tensors,
): Map<string, string> {
  const versions = [...net.modules()].map((module): [string, number] => [
    module.className,
    versionOf(module.constructor),
  ]);
  const texts = new Map([
    ['format', FORMAT],
    ['formatVersion', String(FORMAT_VERSION)],
    ['blueprint', blueprintText(net.getBlueprint())],
    ['aliases', sortedJson(aliases)],
    ['buffers', JSON.stringify(Array.from(net.namedBuffers(), ([name]) => name).sort())],
    ['classVersions', sortedJson(new Map(versions))],
  ]);
  return texts.set('checksum', checksum(texts, tensors));
}

/** Reads the texts of a checkpoint's header. @throws DataError when they are not sound, or of a newer version. */
export function readMetadata(
  texts: ReadonlyMap<string, string>,
  tensors: Tensors,
  { source, verifyChecksum }: { source: string; verifyChecksum: boolean },
): CheckpointMetadata {
  const refuse = (summary: string, details: object): never => {
    throw new DataError(`${source} ${summary}`, { path: source, ...details });
  };
  if (texts.get('format') !== FORMAT) {
    refuse('holds no network, only tensors', {
      expected: `format "${FORMAT}" in the header`,
      received: texts.has('format') ? `"${texts.get('format')}"` : 'none',
      hint: 'Build the network yourself and use loadWeights(net, file)',
    });
  }
  const version = Number(texts.get('formatVersion'));
  if (!(version >= 1 && version <= FORMAT_VERSION)) {
    refuse('is a checkpoint of a version that is not known', {
      expected: `formatVersion up to ${FORMAT_VERSION}`,
      received: texts.get('formatVersion') ?? 'none',
      hint: 'A newer Tessera reads it',
    });
  }
  if (verifyChecksum && texts.get('checksum') !== checksum(texts, tensors)) {
    refuse('was damaged or changed since it was saved: its checksum does not fit', {
      hint: 'Get it again; if another program changed its tensors on purpose, pass verifyChecksum: false',
    });
  }
  const record = (key: string, type: string): Map<string, unknown> => {
    try {
      const value = JSON.parse(texts.get(key) ?? '{}') as unknown;
      const entries = Object.entries(value as object);
      if (typeof value === 'object' && entries.every(([, inner]) => typeof inner === type)) return new Map(entries);
    } catch {
      // the same as another value
    }
    return refuse(`has unreadable ${key}`, { expected: `a ${type} for each name` });
  };
  const list = (key: string): Set<string> => {
    try {
      const value = JSON.parse(texts.get(key) ?? '[]') as unknown;
      if (Array.isArray(value) && value.every((inner) => typeof inner === 'string')) return new Set(value);
    } catch {
      // the same as another value
    }
    return refuse(`has unreadable ${key}`, { expected: 'a list of names' });
  };
  return {
    buffers: list('buffers'),
    blueprint: parseBlueprint(texts.get('blueprint') ?? '', source),
    aliases: record('aliases', 'string') as Map<string, string>,
    classVersions: record('classVersions', 'number') as Map<string, number>,
  };
}

/** @throws DataError when a class of the file is newer than the one it is rebuilt with. */
export function checkClassVersions(net: AnyModule, versions: ReadonlyMap<string, number>, source: string): void {
  for (const { className, constructor } of net.modules()) {
    const [saved, known] = [versions.get(className) ?? 1, versionOf(constructor)];
    if (saved <= known) continue;
    throw new DataError(`${source} was saved with a newer ${className}`, {
      path: source,
      expected: `version ${known} or older`,
      received: `version ${saved}`,
      hint: `Load it with the ${className} it was saved with`,
    });
  }
}

function versionOf(moduleClass: unknown): number {
  const { version } = moduleClass as { version?: unknown };
  return typeof version === 'number' ? version : 1;
}

function sortedJson(map: ReadonlyMap<string, string | number>): string {
  return JSON.stringify(Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** CRC-32 of all that is read back, so that a flipped bit in a weight is found as well. */
function checksum(texts: ReadonlyMap<string, string>, tensors: Tensors): string {
  const encoder = new TextEncoder();
  const said = ['format', 'formatVersion', 'blueprint', 'aliases', 'classVersions'].map(
    (key) => texts.get(key) ?? null,
  );
  // Older files have none.
  if (texts.has('buffers')) said.push(texts.get('buffers')!);
  let crc = crc32(encoder.encode(JSON.stringify(said)));
  for (const name of [...tensors.keys()].sort()) {
    const { dtype, shape, values } = tensors.get(name)!;
    crc = crc32(encoder.encode(JSON.stringify([name, dtype, shape])), crc);
    crc = crc32(encode(values, dtype), crc);
  }
  return crc.toString(16).padStart(8, '0');
}
