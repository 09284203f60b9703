import { Command } from "../common/commands";
import type { LineMap } from "../common/lines";
import type { Crash } from "../common/protocol";

/** A code lens, without the editor's types; the line counts from 1. */
export interface Lens {
  readonly line: number;
  readonly title: string;
  readonly tooltip: string;
  readonly command: Command;
}

const AT_THE_CELL = [
  ["replace", "$(debug-rerun) Replace cell and continue", Command.ReplaceAndContinue, "Saves, puts the edited text into the running program, and runs the cell again"],
  ["retry", "Retry", Command.Retry, "Runs the cell again as it is"],
  ["skip", "Skip", Command.Skip, "Goes on behind the cell"],
  ["return", "Return...", Command.Return, "Returns a value from the function instead"],
] as const;

/** The lenses of a crash in the file of its cell, on the lines where its cells are now. */
export function lenses(crash: Crash, lines: LineMap): Lens[] {
  const { cell, gotoLines, resolutions } = crash;
  const here = lines.line(cell.line);
  const ways = AT_THE_CELL.filter(([way]) => resolutions.includes(way)).map(
    ([, title, command, tooltip]) => ({ line: here, title, command, tooltip }),
  );
  const others = new Set(gotoLines.map((line) => lines.line(line)));
  others.delete(here);
  const entries = resolutions.includes("goto") ? [...others] : [];
  const tooltip = "Applies the edit if there is one, and goes on at this cell";
  return [
    ...ways,
    ...entries.map((line) => ({
      line,
      title: "Run from here",
      tooltip,
      command: Command.RunFromHere,
    })),
  ];
}
