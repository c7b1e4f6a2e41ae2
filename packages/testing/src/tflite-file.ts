// A second reading of TFLite files, from the description of FlatBuffers alone: nothing of it is shared with what writes them.

/** A tensor of a file. */
export interface FileTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** With -1 for what is known at the call only; empty where all is known. */
  readonly signature: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
  /** Where the bytes begin in the file. */
  readonly begin: number;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

export interface FileOperator {
  readonly code: number;
  /** What readers look at that know no more than 127 operators. */
  readonly oldCode: number;
  readonly version: number;
  /** -1 for those that are left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface TfliteFile {
  readonly identifier: string;
  readonly version: number;
  readonly tensors: readonly FileTensor[];
  readonly operators: readonly FileOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The names of inputs and outputs in the signature, with their tensors. */
  readonly signature: { inputs: readonly [string, number][]; outputs: readonly [string, number][] };
  readonly metadata: Readonly<Record<string, string>>;
}

/** A table: where each field is, by its id. */
class Table {
  constructor(
    readonly view: DataView,
    readonly at: number,
  ) {}

  field(id: number): number | undefined {
    const fields = this.at - this.view.getInt32(this.at, true);
    const length = this.view.getUint16(fields, true);
    const offset = 4 + 2 * id < length ? this.view.getUint16(fields + 4 + 2 * id, true) : 0;
    return offset === 0 ? undefined : this.at + offset;
  }

  int8(id: number): number {
    const at = this.field(id);
    return at === undefined ? 0 : this.view.getInt8(at);
  }

  int32(id: number): number {
    const at = this.field(id);
    return at === undefined ? 0 : this.view.getInt32(at, true);
  }

  /** The elements of a vector, by where each is. */
  vector<T>(id: number, size: number, read: (at: number) => T): T[] {
    const at = this.field(id);
    if (at === undefined) return [];
    const start = at + this.view.getUint32(at, true);
    return Array.from({ length: this.view.getUint32(start, true) }, (_, i) => read(start + 4 + i * size));
  }

  int32s(id: number): number[] {
    return this.vector(id, 4, (at) => this.view.getInt32(at, true));
  }

  tables(id: number): Table[] {
    return this.vector(id, 4, (at) => new Table(this.view, at + this.view.getUint32(at, true)));
  }

  bytes(id: number): { bytes: Uint8Array; begin: number } {
    const places = this.vector(id, 1, (at) => at);
    const begin = places[0] ?? 0;
    return { bytes: new Uint8Array(this.view.buffer, this.view.byteOffset + begin, places.length), begin };
  }

  text(id: number): string {
    return new TextDecoder().decode(this.bytes(id).bytes);
  }

  table(id: number): Table | undefined {
    const at = this.field(id);
    return at === undefined ? undefined : new Table(this.view, at + this.view.getUint32(at, true));
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const modelOf = (view: DataView): Table => new Table(view, view.getUint32(0, true));

/** What a TFLite file says. */
export function readTflite(bytes: Uint8Array): TfliteFile {
  const model = modelOf(viewOf(bytes));
  const codes = model.tables(1);
  const [graph] = model.tables(2) as [Table];
  const buffers = model.tables(4).map((buffer) => buffer.bytes(0));
  const [signature] = model.tables(7) as [Table];
  const names = (id: number) => signature.tables(id).map((map): [string, number] => [map.text(0), map.int32(1)]);
  return {
    identifier: new TextDecoder().decode(bytes.subarray(4, 8)),
    version: model.int32(0),
    tensors: graph.tables(0).map((tensor) => {
      const quantization = tensor.table(4);
      return {
        name: tensor.text(3),
        shape: tensor.int32s(0),
        signature: tensor.int32s(7),
        type: tensor.int8(1),
        ...buffers[tensor.int32(2)]!,
        scales: quantization?.vector(2, 4, (at) => quantization.view.getFloat32(at, true)) ?? [],
        zeroPoints: quantization?.vector(3, 8, (at) => Number(quantization.view.getBigInt64(at, true))) ?? [],
        axis: quantization?.int32(6) ?? 0,
      };
    }),
    operators: graph.tables(3).map((operator) => {
      const code = codes[operator.int32(0)]!;
      return {
        code: code.int32(3),
        oldCode: code.int8(0),
        version: code.int32(2),
        inputs: operator.int32s(1),
        outputs: operator.int32s(2),
      };
    }),
    inputs: graph.int32s(1),
    outputs: graph.int32s(2),
    signature: { inputs: names(0), outputs: names(1) },
    metadata: Object.fromEntries(
      model.tables(6).map((entry) => [entry.text(0), new TextDecoder().decode(buffers[entry.int32(1)]!.bytes)]),
    ),
  };
}

/** The file with a batch of that size where it takes any, for runtimes that are told before they read it. */
export function withBatch(bytes: Uint8Array, batch: number): Uint8Array {
  const copy = bytes.slice();
  const view = viewOf(copy);
  const [graph] = modelOf(view).tables(2) as [Table];
  for (const tensor of graph.tables(0)) {
    const [sizes, signature] = [0, 7].map((id) => tensor.vector(id, 4, (at) => at)) as [number[], number[]];
    signature.forEach((at, axis) => {
      if (view.getInt32(at, true) !== -1) return;
      view.setInt32(at, batch, true);
      view.setInt32(sizes[axis]!, batch, true);
    });
  }
  return copy;
}
