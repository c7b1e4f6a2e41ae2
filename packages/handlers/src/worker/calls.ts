import { tellError, toldError, type ToldError } from './told-error.js';
import { onFailure, onMessage, type Port } from './port.js';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: ToldError };

/** The names of what can be called of a service. */
type MethodOf<Service> = {
  [Name in keyof Service]: Service[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Service] &
  string;

type ArgumentsOf<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type ResultOf<Method> = Method extends (...args: never[]) => infer Result ? Awaited<Result> : never;

/** Answers calls that come through a port with the methods of a service. Bytes that it returns move, and are not copied. */
export function answerCalls<Service extends object>(port: Port, service: Service): void {
  const answer = async ({ id, method, args }: Call): Promise<void> => {
    try {
      const called = service[method as keyof Service] as (...args: readonly unknown[]) => unknown;
      const value = owned(await called.apply(service, args as unknown[]));
      port.postMessage(
        { id, value } satisfies Answer,
        value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [],
      );
    } catch (error) {
      port.postMessage({ id, error: tellError(error) } satisfies Answer, []);
    }
  };
  onMessage(port, (message) => void answer(message as Call));
}

/** Bytes that are all of their buffer, so that nothing else goes away with them. */
function owned(value: unknown): unknown {
  if (!(value instanceof Uint8Array) || value.byteLength === value.buffer.byteLength) return value;
  return new Uint8Array(value);
}

/** Calls the methods of a service at the other end of a port. */
export class Caller<Service extends object> {
  readonly #port: Port;
  readonly #open = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  #last = 0;
  #ended: (() => Error) | undefined;

  /** @param whenFailed what calls throw when the other end is gone. */
  constructor(port: Port, whenFailed: (cause: unknown) => Error) {
    this.#port = port;
    onMessage(port, (message) => this.#hear(message as Answer));
    onFailure(port, (cause) => this.end(() => whenFailed(cause)));
  }

  /** Whether nothing more is answered. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  async call<Name extends MethodOf<Service>>(
    method: Name,
    ...args: ArgumentsOf<Service[Name]>
  ): Promise<ResultOf<Service[Name]>> {
    if (this.#ended) throw this.#ended();
    const id = ++this.#last;
    const answered = new Promise<ResultOf<Service[Name]>>((resolve, reject) => this.#open.set(id, { resolve, reject }));
    try {
      this.#port.postMessage({ id, method, args } satisfies Call, []);
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
    return answered;
  }

  /** Refuses all calls from now on, and those that wait. */
  end(why: () => Error): void {
    if (this.#ended) return;
    this.#ended = why;
    for (const { reject } of this.#open.values()) reject(why());
    this.#open.clear();
  }

  #hear(answer: Answer): void {
    const call = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ('error' in answer) call?.reject(toldError(answer.error));
    else call?.resolve(answer.value as never);
  }
}
