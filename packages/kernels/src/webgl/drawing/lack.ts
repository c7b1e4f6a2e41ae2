/** What a device gets wrong: shaders whose text uses it do not run there. */
export interface Lack {
  readonly what: string;
  readonly usedBy: RegExp;
  readonly why: string;
}

/** Stops a body whose shader uses what the device lacks. */
export class LackError extends Error {
  static {
    this.prototype.name = 'LackError';
  }
}
