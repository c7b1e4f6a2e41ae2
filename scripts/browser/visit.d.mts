import type { Engine } from './engines/index.mjs';

export interface Visit {
  page: string;
  files: ReadonlyMap<string, string | Uint8Array>;
  query?: string;
  limitSeconds: number;
}

export function visit(
  engine: Engine,
  visit: Visit,
  hear: (message: Record<string, unknown> & { event: string }) => unknown,
): Promise<string | undefined>;
