// The browsers that specs and benchmarks run in. Each says what this machine lacks for it, and opens a page.
//
//   title                 what people read
//   missing()             the program that is not installed here, or undefined
//   open(url, options)    { ended, close }: `ended` resolves with a reason when the browser ends by itself
//
// What is in the page comes back by POST (../report.js), so that an engine need know no protocol to steer a browser.
import { firefox } from './firefox.mjs';
import { mesa } from './mesa.mjs';
import { swiftshader } from './swiftshader.mjs';
import { webkit } from './webkit.mjs';

export const engines = { swiftshader, mesa, firefox, webkit };

/** @throws Error for a name that no engine has, and for one whose programs are not installed. */
export function engineOf(name) {
  const engine = engines[name];
  if (!engine) throw new Error(`no engine "${name}"; the engines are ${Object.keys(engines).join(', ')}`);
  const missing = engine.missing();
  if (missing) throw new Error(`${engine.title} does not run here: ${missing} is not installed`);
  return engine;
}
