/** An id space as records keep it. */
interface SpaceRecord {
  readonly marks: Readonly<Record<number, unknown>>;
}

/** Ways to work on the records of a store, past the counter. */
export function recordEdits(read: (name: string) => unknown, write: (name: string, record: unknown) => unknown) {
  const damages = [
    () => null,
    () => 5,
    () => "text",
    () => [],
    () => ({}),
    () => ({ marks: { 7: 5n } }),
    (record: object) => ({ ...record, marks: null }),
    (record: object) => ({ ...record, lineage: 7 }),
    (record: object) => ({ ...record, fingerprint: 7 }),
  ];
  return {
    badMarks: [-1n, 2n ** 63n, 2n ** 70n, 100, 0.5, Number.NaN, "100", null, undefined, {}],
    async setMark(name: string, instanceId: number, mark: unknown) {
      const record = (await read(name)) as SpaceRecord;
      await write(name, { ...record, marks: { ...record.marks, [instanceId]: mark } });
    },
    async damage(name: string, index: number) {
      const damage = damages[index];
      if (!damage) return undefined;
      const record = (await read(name)) as object;
      await write(name, damage(record));
      return () => write(name, record);
    },
    drop: (name: string) => write(name, undefined),
  };
}
