import type { State } from "../recovery/crashes";

/** A status bar entry, without the editor's types. */
export interface Label {
  readonly text: string;
  readonly tooltip: string;
  readonly warn: boolean;
}

/** Says in one line how a session is. */
export function label(state: State): Label {
  switch (state.kind) {
    case "running":
      return { text: "$(shield) DaiFu: running", tooltip: "Crash barriers are set.", warn: false };
    case "crashed": {
      const { cell, exception } = state.crash;
      const place = cell.function === "" ? `line ${cell.line}` : `${cell.function}, line ${cell.line}`;
      return {
        text: `$(debug-alt) DaiFu: held at a crash in ${place}`,
        tooltip: `${exception.type}: ${exception.message}\nEdit the line, then replace the cell.`,
        warn: true,
      };
    }
    case "recovered": {
      const ms = Math.round(state.recovered.restoreMs);
      return {
        text: `$(pass) DaiFu: recovered in ${ms} ms`,
        tooltip: "The run went on with everything it had.",
        warn: false,
      };
    }
  }
}
