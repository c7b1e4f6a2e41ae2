// The engine of Safari, in WebKitGTK's smallest browser, which draws with Mesa's llvmpipe. It exposes no collector.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findProgram, missingOf, openUnderXvfb } from './under-xvfb.mjs';

/** Such as /usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser. */
function program() {
  const roots = ['/usr/lib', '/usr/libexec', ...entries('/usr/lib').filter((folder) => folder.includes('-linux-gnu'))];
  const folders = roots.flatMap(entries).filter((folder) => /webkit(2)?gtk-[\d.]+$/.test(folder));
  return findProgram(...folders.map((folder) => path.join(folder, 'MiniBrowser')));
}

const entries = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []);

export const webkit = {
  title: 'WebKit on Mesa',
  missing: () => missingOf("WebKitGTK's MiniBrowser", program()),
  // Its sandbox needs namespaces that containers often forbid.
  open: (url) => openUnderXvfb(program(), () => [url], { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }),
};
