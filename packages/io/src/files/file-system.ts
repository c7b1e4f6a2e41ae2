import type { Place } from './place.js';

/** `#file-system` in package.json picks the implementation: a disk in Node, addresses in a browser. */
export type OpenPath = (path: string | URL) => Place;
