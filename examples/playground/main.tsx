import '../page/language.js'; // before what asks for it
import { render } from 'preact';
import { startBackend } from 'tessera-nn';
import { Playground } from './run/playground.js';
import { App } from './view/app.js';

await startBackend('cpu'); // for the shapes alone: training has a worker of its own
const playground = new Playground();
addEventListener('error', ({ error, message }) => void (playground.error.value = error ?? message));
addEventListener('unhandledrejection', ({ reason }) => void (playground.error.value = reason));
playground.followAddress();
render(<App playground={playground} />, document.querySelector('#app')!);
