#!/usr/bin/env node
import { TesseraError } from '@tessera-nn/core';
import { runCommand } from './run.node.js';

try {
  console.log(await runCommand(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof TesseraError) && !(error as NodeJS.ErrnoException).code) throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}
