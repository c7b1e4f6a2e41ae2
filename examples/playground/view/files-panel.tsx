import { useSignal } from '@preact/signals';
import { downloadFile } from 'tessera-nn';
import { typescriptCode } from '../code/typescript-code.js';
import type { Part } from './app.js';

const utf8 = new TextEncoder();
const download = (name: string, content: Uint8Array | string) =>
  downloadFile(name).write(typeof content === 'string' ? utf8.encode(content) : content);

/** What can be taken away, and brought back. */
export function FilesPanel({ playground }: Part) {
  const { run, setup, checked, problem } = playground;
  const said = useSignal('');
  const noNetwork = !run.hasNetwork.value;
  const isUnfit = problem.value !== undefined;
  const offer = (work: () => Promise<unknown>, what: string) => () =>
    playground.attempt(async () => {
      said.value = '';
      await work();
      said.value = what;
    });
  const load = async (file: File) => {
    if (!run.hasNetwork.value) await playground.prepare();
    if (run.hasNetwork.value) await run.loadWeights(new Uint8Array(await file.arrayBuffer()));
  };
  return (
    <section class="panel" aria-labelledby="files-title">
      <h2 id="files-title">Take it with you</h2>
      <div class="buttons">
        <button
          id="weights"
          type="button"
          disabled={noNetwork}
          onClick={offer(async () => download('playground.safetensors', await run.weights()), 'The weights are saved.')}
        >
          Weights
        </button>
        <button
          id="onnx"
          type="button"
          disabled={noNetwork}
          onClick={offer(async () => download('playground.onnx', await run.ask('onnx')), 'The ONNX file is saved.')}
        >
          ONNX
        </button>
        <button
          id="typescript"
          type="button"
          disabled={checked.value.problem !== undefined}
          onClick={offer(
            () => download('playground.ts', typescriptCode(setup.value, checked.value)),
            'The program is saved.',
          )}
        >
          TypeScript
        </button>
        <button
          id="pytorch"
          type="button"
          disabled={noNetwork}
          onClick={offer(
            async () => download('playground.py', (await run.ask('pytorch')).source),
            'The module is saved.',
          )}
        >
          PyTorch
        </button>
        <button
          id="pytorch-weights"
          type="button"
          disabled={noNetwork}
          onClick={offer(
            async () => download('playground-pytorch.safetensors', (await run.ask('pytorch')).weights),
            'The state dict is saved.',
          )}
        >
          Its state dict
        </button>
        <label class="file-button">
          Load weights
          <input
            id="load"
            type="file"
            accept=".safetensors"
            disabled={isUnfit || run.phase.value === 'training' || run.phase.value === 'preparing'}
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file) offer(() => load(file), `The weights of ${file.name} are in the network.`)();
              currentTarget.value = '';
            }}
          />
        </label>
        <button
          id="link"
          type="button"
          onClick={offer(() => navigator.clipboard.writeText(location.href), 'The link is copied.')}
        >
          Copy the link
        </button>
      </div>
      <p class="quiet" role="status" id="files-status">
        {said.value || 'The address of this page holds network, data and training; weights are files.'}
      </p>
    </section>
  );
}
