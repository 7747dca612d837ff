/** Series that are rolled up together: those of one measurement with one value of the tag that tells whose they are. */
export interface PartName {
  readonly measurement: string;
  readonly tag: 'agent' | 'origin';
  readonly value: string;
}

/** `fromHour`: every hour from it on is rolled up, or waits for it. Hours are counted since the epoch. */
export interface NotedPart extends PartName {
  readonly fromHour: number;
  readonly hours: readonly number[];
}

/** Which hours wait, where no crash forgets it. Each is one transaction, durable when it resolves; done again is harmless. */
export interface RollUpNotes {
  read(): Promise<readonly NotedPart[]>;
  /** These hours wait too; a part that is not known begins with its `fromHour`, one that is keeps its own. */
  wait(parts: readonly NotedPart[]): Promise<void>;
  /** These hours are rolled up. */
  done(part: PartName, hours: readonly number[]): Promise<void>;
  /** The part as it is given, instead of what was noted. */
  replace(parts: readonly NotedPart[]): Promise<void>;
}
