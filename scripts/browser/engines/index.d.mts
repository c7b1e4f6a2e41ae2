export interface Engine {
  title: string;
  missing(): string | undefined;
}

export const engines: Record<string, Engine>;

export function engineOf(name: string): Engine;
