import type { CasStore } from "../../support/library.ts";

interface Row {
  readonly value: string;
  readonly version: number;
}

/** A store that compares and swaps, in memory, with faults on request. */
export class FaultyStore implements CasStore {
  readonly where = "the test's store";
  rows = new Map<string, Row>();
  lost = 0;
  /** Runs between a read and its answer. */
  afterRead: () => unknown = () => {};
  /** Runs in place of the answer to a swap that was carried out. */
  afterSwap: () => unknown = () => {};

  async read(key: string): Promise<{ value: string | undefined; version: number }> {
    const { value, version } = this.rows.get(key) ?? { value: undefined, version: 0 };
    await this.afterRead();
    return { value, version };
  }

  async swap(key: string, version: unknown, value: string): Promise<boolean> {
    // As over a network: others come in between.
    await new Promise(setImmediate);
    const row = this.rows.get(key);
    if ((row?.version ?? 0) !== version) {
      this.lost++;
      return false;
    }
    this.rows.set(key, { value, version: Number(version) + 1 });
    await this.afterSwap();
    return true;
  }

  /** The record of an id space, as it is stored. */
  text(name: string): string | undefined {
    return this.rows.get(`permid64/${name}`)?.value;
  }

  write(name: string, value: string | undefined): void {
    const key = `permid64/${name}`;
    if (value === undefined) this.rows.delete(key);
    else this.rows.set(key, { value, version: (this.rows.get(key)?.version ?? 0) + 1 });
  }
}
