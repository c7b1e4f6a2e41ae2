import { liveStorages } from './storage.js';

/** One kind of tensor that is alive: how many were made by this op in this module, and what they take. */
export interface LedgerRow {
  /** Dotted path of the module it was made in, or an empty string outside of modules. */
  module: string;
  op: string;
  shape: number[];
  count: number;
  bytes: number;
}

/** Lists what Tessera holds in tensor memory now, by the module and op that made it; largest first. */
export function ledger(): LedgerRow[] {
  const rows = new Map<string, LedgerRow>();
  for (const { origin, shape, tensor } of liveStorages()) {
    const module = origin.call?.describe() ?? '';
    const key = `${module}|${origin.op}|${shape.join('x')}`;
    const row = rows.get(key) ?? { module, op: origin.op, shape: [...shape], count: 0, bytes: 0 };
    row.count++;
    row.bytes += tensor.size * (tensor.dtype === 'bool' ? 1 : 4);
    rows.set(key, row);
  }
  return [...rows.values()].sort((a, b) => b.bytes - a.bytes);
}
