import { TesseraError } from 'tessera-nn';
import type { Part } from './app.js';

/** What went wrong, and what to do about it. */
export function ErrorBox({ playground: { error } }: Part) {
  const thrown = error.value;
  return (
    <div role="alert">
      {thrown !== undefined && (
        <div id="error" class="panel">
          {thrown instanceof TesseraError ? <Told {...{ thrown }} /> : <Foreign {...{ thrown }} />}
          <button type="button" onClick={() => (error.value = undefined)}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}

function Told({ thrown: { name, summary, path, expected, received, hint } }: { thrown: TesseraError }) {
  const facts = [
    path && `Where: ${path}.`,
    expected && `Expected: ${expected}.`,
    received && `Received: ${received}.`,
    hint && `What to do: ${hint.replace(/[.!?]?$/, (end) => end || '.')}`,
  ].filter(Boolean);
  return (
    <>
      <h2>{`${name}: ${summary}`}</h2>
      <p>{facts.join(' ')}</p>
    </>
  );
}

function Foreign({ thrown }: { thrown: unknown }) {
  return (
    <>
      <h2>{thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)}</h2>
      <p>What to do: load the page again. The developer console may say more.</p>
    </>
  );
}
