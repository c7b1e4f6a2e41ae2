import { DataError, type Blueprint, type AnyModule } from '@tessera-nn/core';
import { blueprintText, parseBlueprint } from '../network/plain-blueprint.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { checksum, HeaderTexts } from './header-texts.js';

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
  return texts.set('checksum', checksum(said(texts), tensors));
}

/** Reads the texts of a checkpoint's header. @throws DataError when they are not sound, or of a newer version. */
export function readMetadata(
  texts: ReadonlyMap<string, string>,
  tensors: Tensors,
  { source, verifyChecksum }: { source: string; verifyChecksum: boolean },
): CheckpointMetadata {
  const header = new HeaderTexts(texts, source);
  header.checkFormat(FORMAT, FORMAT_VERSION, {
    summary: 'holds no network, only tensors',
    hint: 'Build the network yourself and use loadWeights(net, file)',
  });
  if (verifyChecksum && texts.get('checksum') !== checksum(said(texts), tensors)) {
    header.refuse('was damaged or changed since it was saved: its checksum does not fit', {
      hint: 'Get it again; if another program changed its tensors on purpose, pass verifyChecksum: false',
    });
  }
  return {
    buffers: header.list('buffers'),
    blueprint: parseBlueprint(texts.get('blueprint') ?? '', source),
    aliases: header.record('aliases', 'string') as Map<string, string>,
    classVersions: header.record('classVersions', 'number') as Map<string, number>,
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

/** What the checksum covers of the texts; older files have no buffers. */
function said(texts: ReadonlyMap<string, string>): (string | null)[] {
  const keys = ['format', 'formatVersion', 'blueprint', 'aliases', 'classVersions'];
  return [...keys, ...(texts.has('buffers') ? ['buffers'] : [])].map((key) => texts.get(key) ?? null);
}
