/** A stop that did not go on. */
export interface Held {
  readonly session: string;
  /** Where it is held, for one that is at a crash. */
  readonly where: string;
  readonly why: string;
}

/**
 * Says which of several stops stay, those with the same reason together: "1 of 3 went on. Still
 * held: rank 1 (71) at step, line 9, and rank 2 (72) at step, line 9: DFU0001: ...".
 */
export function stillHeld(all: number, held: readonly Held[]): string {
  const reasons = new Map<string, string[]>();
  for (const { session, where, why } of held) {
    const named = where === "" ? session : `${session} at ${where}`;
    reasons.set(why, [...(reasons.get(why) ?? []), named]);
  }
  const told = [...reasons].map(([why, named]) => `${named.join(", and ")}: ${why}`);
  const gone = all - held.length;
  return `${gone === 0 ? "none" : gone} of ${all} went on. Still held: ${told.join(" ")}`;
}
