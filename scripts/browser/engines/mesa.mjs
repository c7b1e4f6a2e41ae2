// Chromium that draws with the GL drivers of Linux, here Mesa's llvmpipe: the compiler of shaders that many real machines
// have. npm's Chromium has no such mode, so it takes the system's.
import { findProgram, missingOf, openUnderXvfb } from './under-xvfb.mjs';

const program = () => findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');

const FLAGS = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=gl',
  '--ignore-gpu-blocklist',
  '--js-flags=--expose-gc',
  '--no-first-run',
  '--no-default-browser-check',
  '--password-store=basic',
  '--disable-breakpad',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A window that nobody looks at is slowed down otherwise.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export const mesa = {
  title: 'Chromium on Mesa',
  missing: () => missingOf('Chromium', program()),
  open: (url) => openUnderXvfb(program(), (profile) => [...FLAGS, `--user-data-dir=${profile}`, url]),
};
