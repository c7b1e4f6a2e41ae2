// Starts a browser with a window on a display of its own, drawn by Mesa on the processor, with a profile of its own. It
// ends with all that it started, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const START_SECONDS = 60;
const END_SECONDS = 5;
/** Of what a browser says, so much is shown when it ends by itself. */
const LAST_WORDS = 2000;

/** The first of some programs that is there: names on the PATH, or paths. */
export const findProgram = (...names) =>
  names
    .flatMap((name) =>
      path.isAbsolute(name)
        ? [name]
        : (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, name)),
    )
    .find(isProgram);

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What such a browser lacks here: itself, or the display. */
export const missingOf = (title, program) =>
  program === undefined ? title : findProgram('Xvfb') === undefined ? 'Xvfb' : undefined;

/**
 * @param {string} program
 * @param {(profile: string) => string[]} argumentsFor called with a new folder
 * @param {Record<string, string>} env
 */
export async function openUnderXvfb(program, argumentsFor, env = {}) {
  const profile = mkdtempSync(path.join(tmpdir(), 'tessera-browser-'));
  const groups = [];
  const start = (file, args, options) => {
    const child = spawn(file, args, { detached: true, ...options });
    groups.push(child);
    return child;
  };
  const killNow = () => {
    for (const child of groups) kill(child, 'SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', killNow);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1)); // which runs what is above
  const close = async () => {
    for (const child of groups.splice(0).reverse()) await end(child);
    process.off('exit', killNow);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    const display = await startDisplay(start);
    const folders = Object.fromEntries(['CONFIG', 'CACHE', 'DATA'].map((kind) => [`XDG_${kind}_HOME`, profile]));
    const browser = start(program, argumentsFor(profile), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...folders, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: '1', ...env },
    });
    let said = '';
    for (const stream of [browser.stdout, browser.stderr])
      stream.setEncoding('utf8').on('data', (text) => (said = `${said}${text}`.slice(-LAST_WORDS)));
    const ended = new Promise((resolve) => {
      browser.on('error', (error) => resolve(`the browser did not start: ${error.message}`));
      browser.on('exit', (code, signal) => resolve(`the browser ended with ${signal ?? code}\n${said.trim()}`));
    });
    return { ended, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Xvfb chooses a number that is free and writes it down. */
function startDisplay(start) {
  const args = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp', '-terminate'];
  const server = start(findProgram('Xvfb'), args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`Xvfb opened no display in ${START_SECONDS} s`));
    const timer = setTimeout(late, START_SECONDS * 1000);
    server.on('error', reject);
    server.on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    server.stdio[3].setEncoding('utf8').on('data', (number) => {
      clearTimeout(timer);
      resolve(`:${number.trim()}`);
    });
  });
}

/** Asks the group of a process to end, and sees to it. */
async function end(child) {
  const over = new Promise((resolve) =>
    (child.exitCode ?? child.signalCode ?? child.pid === undefined) ? resolve() : child.once('exit', resolve),
  );
  kill(child, 'SIGTERM');
  await Promise.race([over, new Promise((resolve) => setTimeout(resolve, END_SECONDS * 1000).unref())]);
  kill(child, 'SIGKILL'); // what is left of the group, too
}

function kill({ pid }, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // it has ended
  }
}
