// Compiles the companion of the wasm backend (packages/kernels/assembly) and writes its bytes into a source file, so that
// neither users nor tests compile it. With --check it writes nothing and fails when the file is not what it would write.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import asc from 'assemblyscript/asc';

const ROOT = path.resolve(import.meta.dirname, '..');
const SOURCE = 'packages/kernels/assembly/index.ts';
const RESULT = path.join(ROOT, 'packages/kernels/src/wasm/companion.bytes.ts');

// The memory is tfjs's: imported, and neither a runtime nor assertions may put anything of their own into it.
const OPTIONS = [
  '--runtime',
  'stub',
  '--importMemory',
  '--noExportMemory',
  '--maximumMemory',
  '65536', // as tfjs's own: a module on shared memory must name one
  '--noAssert',
  '--enable',
  'simd',
  '-O3',
  '--converge',
];

setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20 and 22 only check such a module with it
const plain = await compile([]);
const fused = await compile(['--enable', 'relaxed-simd']);
const text = `// Made by "npm run build:companion" from packages/kernels/assembly; not written by hand.

/** The companion module, ${plain.length} bytes, in base64. */
export const companionBytes =
  '${Buffer.from(plain).toString('base64')}';

/** The same with fused multiplications and additions, ${fused.length} bytes: for machines with relaxed SIMD. */
export const fusedCompanionBytes =
  '${Buffer.from(fused).toString('base64')}';
`;
if (process.argv.includes('--check')) {
  if (readFileSync(RESULT, 'utf8') !== text) {
    console.error('companion.bytes.ts differs from packages/kernels/assembly; run npm run build:companion');
    process.exitCode = 1;
  }
} else {
  writeFileSync(RESULT, text);
}

async function compile(more) {
  let binary;
  const { error, stderr } = await asc.main([SOURCE, '--outFile', 'companion.wasm', ...OPTIONS, ...more], {
    readFile: (name, base) => {
      try {
        return readFileSync(path.resolve(ROOT, base, name), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`AssemblyScript failed:\n${stderr.toString()}`);
  checkTouchesNothing(binary);
  return binary;
}

/** Data segments, globals and a start function would lie in, or write to, memory that belongs to tfjs. */
function checkTouchesNothing(wasm) {
  const module = new WebAssembly.Module(wasm);
  const imports = WebAssembly.Module.imports(module).map(({ name }) => name);
  if (imports.join() !== 'memory') throw new Error(`The companion may import the memory alone, not ${imports.join()}`);
  const [GLOBALS, START, DATA] = [6, 8, 11];
  for (const id of sections(wasm)) {
    if ([GLOBALS, START, DATA].includes(id))
      throw new Error(`The companion has section ${id}: a global, start or data`);
  }
}

function* sections(wasm) {
  for (let at = 8; at < wasm.length;) {
    yield wasm[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
}
