import { diffArrays } from "diff";

/**
 * Where the lines of one text are in another.
 *
 * The adapter speaks of the running text, the person looks at the edited one. A line that is in both
 * is where it is; one that was edited is the line in its place; one that was deleted, the line that
 * took its place.
 */
export class LineMap {
  private readonly there: number[] = [];

  constructor(running: string, edited: string) {
    let line = 1;
    let lost = 0;
    const place = (): void => {
      for (; lost > 0; lost--) {
        this.there.push(line);
      }
    };
    for (const { added, removed, count } of diffArrays(split(running), split(edited))) {
      if (removed) {
        place();
        lost = count;
      } else if (added) {
        for (let index = 0; lost > 0; lost--, index++) {
          this.there.push(line + Math.min(index, count - 1));
        }
        line += count;
      } else {
        place();
        for (let index = 0; index < count; index++) {
          this.there.push(line++);
        }
      }
    }
    place();
  }

  /** The edited text's line for a line of the running one, both counted from 1. */
  line(running: number): number {
    return this.there[running - 1] ?? this.there.at(-1) ?? 1;
  }

  /** The running text's line for a line of the edited one; undefined for one that is new. */
  back(edited: number): number | undefined {
    const found = this.there.indexOf(edited);
    return found < 0 ? undefined : found + 1;
  }
}

/** The lines of a text whose ends may be of any kind. */
export function split(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

/** Whether two texts differ in more than their line ends. */
export function differ(one: string, other: string): boolean {
  return split(one).join("\n") !== split(other).join("\n");
}
