import { ValueError } from '@tessera-nn/core';
import { unexpectedName } from '@tessera-nn/core/internal';
import { readBytes, writeBytes, writeNpz, writeSafetensors, type StoredTensor } from '@tessera-nn/io';
import { readTensors, tensorsOfTfjs } from '@tessera-nn/io/internal';
import path from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `tessera-nn inspect FILE      lists the tensors of a file of weights
tessera-nn convert IN OUT    writes them as OUT's ending says: .safetensors or .npz

Reads safetensors, npz, PyTorch's .pt and .pth, Keras' .keras and .h5, and the model.json of tfjs-layers beside its weights;
nothing in them is executed. Numbers and shapes stay as they are in the file.

  --limit MIB    how much memory the tensors may take; default 1024`;

const MIB = 2 ** 20;

const commands = { inspect, convert };
type Command = keyof typeof commands;

type Writer = (tensors: ReadonlyMap<string, StoredTensor>) => Uint8Array | Promise<Uint8Array>;
const writers = new Map<string, Writer>([
  ['.safetensors', (tensors) => writeSafetensors(tensors)],
  ['.npz', (tensors) => writeNpz(tensors)],
]);

/**
 * Runs a command of the command line, and returns what it has to say.
 *
 * @throws ValueError for a command or an option that there is not, DataError for a file that is damaged or of another format.
 */
export async function runCommand(args: readonly string[]): Promise<string> {
  const { values, positionals } = read(args);
  const [name, ...files] = positionals;
  if (name === undefined || values.help) return USAGE;
  if (!Object.hasOwn(commands, name)) throw refused(unexpectedName(name, Object.keys(commands)), name);
  const limit = Number(values.limit) * MIB;
  if (!(limit > 0)) throw refused('--limit takes how many MiB', values.limit);
  const command = commands[name as Command];
  if (files.length !== command.length - 1) throw refused(`${name} takes ${command.length - 1} files`, files.join(' '));
  return command(limit, files[0]!, files[1]!);
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean' }, limit: { type: 'string', default: '1024' } },
    });
  } catch (error) {
    throw refused((error as Error).message, args.join(' '));
  }
}

function refused(problem: string, received: string): ValueError {
  return new ValueError(problem, { path: 'tessera-nn', expected: USAGE, received: received || 'nothing' });
}

async function tensorsOf(file: string, limit: number): Promise<ReadonlyMap<string, StoredTensor>> {
  if (path.extname(file) === '.json') return tensorsOfTfjs(file);
  return (await readTensors(await readBytes(file), file, limit)).tensors;
}

async function inspect(limit: number, file: string): Promise<string> {
  const tensors = await tensorsOf(file, limit);
  const rows = Array.from(tensors, ([name, { dtype, shape }]) => [name, dtype, `[${shape.join(', ')}]`]);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const numbers = [...tensors.values()].reduce((sum, { values }) => sum + values.length, 0);
  return [...lines, `${tensors.size} tensors, ${numbers} numbers`].join('\n');
}

async function convert(limit: number, from: string, to: string): Promise<string> {
  const write = writers.get(path.extname(to));
  if (!write) throw refused(`${path.basename(to)} can be ${[...writers.keys()].join(' or ')}`, path.extname(to));
  const tensors = await tensorsOf(from, limit);
  await writeBytes(to, await write(tensors));
  return `${to}: ${tensors.size} tensors`;
}
