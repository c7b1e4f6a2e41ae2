/** Where the page lies, and the files that it begins with. */
export const page = {
  folder: import.meta.dirname,
  entryPoints: ['main.tsx', 'worker/worker.ts', 'style.css'],
};
