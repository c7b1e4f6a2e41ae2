/** In a classic script, what `import.meta.url` is in a module. Known only while the script runs for the first time. */
export const scriptUrl = globalThis.document?.currentScript?.src || globalThis.location?.href;
