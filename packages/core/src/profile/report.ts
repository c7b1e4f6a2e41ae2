import type { DeviceTiming, SpanKind } from '@tessera-nn/kernels/internal';

/** One stretch of a profile: a call of a module, an op, a kernel, a draw, or all. */
export interface ProfileSpan {
  readonly kind: SpanKind | 'all';
  /** The class of a module, the name of an op or a kernel, the key of a draw's shader. */
  readonly name: string;
  /** Dotted path of the module, or an empty string outside of modules. */
  readonly module: string;
  /** The op, behind those that it is a part of, as `gradient of conv2d: sum`; empty outside of ops. */
  readonly op: string;
  /** The kernel; empty outside of kernels. */
  readonly kernel: string;
  /** Milliseconds from the beginning of the profile. */
  readonly start: number;
  end: number;
  /** Milliseconds of the processor, without those of spans inside. */
  ms: number;
  /** Milliseconds of the graphics device, without those of spans inside. */
  deviceMs: number;
}

/** What one kernel took for one op in one module; without a kernel, what the op took around its kernels, and so on. */
export interface ProfileRow {
  readonly module: string;
  readonly op: string;
  readonly kernel: string;
  readonly calls: number;
  /** Draws of ours on WebGL; 0 elsewhere. */
  readonly draws: number;
  /** Milliseconds of the processor. */
  readonly ms: number;
  /** Milliseconds of the graphics device; 0 where there is none. */
  readonly deviceMs: number;
}

/** A span in the format that `chrome://tracing` and Perfetto read. */
export interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: 'X';
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  /** 1 for the processor, 2 for the graphics device. */
  readonly tid: number;
  readonly args: { readonly module: string; readonly op: string };
}

/** Where the time of a function went; `profile` makes it, and `String` makes a table of it. */
export class Profile {
  constructor(
    /** The whole first, then all that ran in it, in the order in which it began. */
    readonly spans: readonly ProfileSpan[],
    /** How the time of the graphics device was measured; `none` where the processor computes. */
    readonly timing: DeviceTiming,
  ) {}

  /** By module, op and kernel, the longest first; they add up to the whole. */
  rows(): ProfileRow[] {
    const rows = new Map<string, { -readonly [Name in keyof ProfileRow]: ProfileRow[Name] }>();
    for (const { kind, module, op, kernel, ms, deviceMs } of this.spans) {
      const key = JSON.stringify([module, op, kernel]);
      const row = rows.get(key) ?? { module, op, kernel, calls: 0, draws: 0, ms: 0, deviceMs: 0 };
      if (kind === 'draw') row.draws++;
      else row.calls++;
      row.ms += ms;
      row.deviceMs += deviceMs;
      rows.set(key, row);
    }
    return [...rows.values()].sort((a, b) => b.ms + b.deviceMs - (a.ms + a.deviceMs));
  }

  /** The rows as a table, those of less than half a percent as one, and their sum below it. */
  toString(): string {
    const rows = this.rows();
    const all = sumOf(rows);
    const isLong = ({ ms, deviceMs }: ProfileRow) => ms + deviceMs >= LEAST * (all.ms + all.deviceMs);
    const others = rows.filter((row) => !isLong(row));
    const hasDevice = this.timing !== 'none';
    const line = (texts: string[], { calls, draws, ms, deviceMs }: Figures) => [
      ...[...texts, String(calls)],
      ...(hasDevice ? [String(draws), ms.toFixed(DIGITS), deviceMs.toFixed(DIGITS)] : [ms.toFixed(DIGITS)]),
    ];
    return table([
      ['module', 'op', 'kernel', 'calls', ...(hasDevice ? ['draws', 'ms', 'device ms'] : ['ms'])],
      ...rows.filter(isLong).map((row) => line([row.module || '-', row.op || '-', row.kernel || '-'], row)),
      ...(others.length > 0 ? [line([`${others.length} others`, '', ''], sumOf(others))] : []),
      line(['all', '', ''], all),
    ]);
  }

  /**
   * The spans for `chrome://tracing` and Perfetto, which show them over time: write `JSON.stringify(report.toTrace())` to
   * a file. What the device did is a row of its own, where work begins when it was asked for, or when that before it is
   * done.
   */
  toTrace(): { traceEvents: TraceEvent[] } {
    const traceEvents: TraceEvent[] = [];
    let free = 0;
    for (const { kind, name, module, op, start, end, deviceMs } of this.spans) {
      const event = { name, cat: kind, ph: 'X', pid: 1, args: { module, op } } as const;
      traceEvents.push({ ...event, ts: start * MICROSECONDS, dur: (end - start) * MICROSECONDS, tid: 1 });
      if (deviceMs === 0) continue;
      const begin = Math.max(start, free);
      free = begin + deviceMs;
      traceEvents.push({ ...event, ts: begin * MICROSECONDS, dur: deviceMs * MICROSECONDS, tid: 2 });
    }
    return { traceEvents };
  }
}

type Figures = Pick<ProfileRow, 'calls' | 'draws' | 'ms' | 'deviceMs'>;

function sumOf(rows: readonly ProfileRow[]): Figures {
  const sum = { calls: 0, draws: 0, ms: 0, deviceMs: 0 };
  for (const row of rows) for (const figure of FIGURES) sum[figure] += row[figure];
  return sum;
}

const FIGURES = ['calls', 'draws', 'ms', 'deviceMs'] as const;
/** The share of the whole below which a row is not printed by itself. */
const LEAST = 0.005;
const DIGITS = 3;
const MICROSECONDS = 1000; // in a millisecond
/** Columns of text; those of numbers end on the right. */
const TEXTS = 3;

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, i: number) => (i < TEXTS ? text.padEnd(widths[i]!) : text.padStart(widths[i]!));
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}
