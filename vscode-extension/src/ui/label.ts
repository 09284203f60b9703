import type { SessionState, Stop } from "../recovery/sessions";

/** A status bar entry, without the editor's types. */
export interface Label {
  readonly text: string;
  readonly tooltip: string;
  readonly colour: "none" | "warning" | "error";
}

/** Says in one line how a session is; `stop` is the stop in view, if a thread is stopped. */
export function label(state: SessionState, stop: Stop | undefined): Label {
  if (stop !== undefined) {
    return stopped(state, stop);
  }
  if (state.recovered !== undefined) {
    const ms = Math.round(state.recovered.restoreMs).toLocaleString("en");
    return {
      text: `$(pass) DaiFu: recovered in ${ms} ms`,
      tooltip: "The run went on with everything it had.",
      colour: "none",
    };
  }
  return {
    text: "$(shield) DaiFu: running, vaccinated",
    tooltip: "A crash will be held, with everything the program has.",
    colour: "none",
  };
}

function stopped(state: SessionState, { crash }: Stop): Label {
  const at =
    crash === undefined
      ? "Stopped; nothing has crashed."
      : `${crash.exception.type}: ${crash.exception.message}`;
  switch (state.draft.kind) {
    case "ready":
      return {
        text: "$(edit) DaiFu: edited, ready to replace",
        tooltip: `${at}\nClick: replace and continue.`,
        colour: "warning",
      };
    case "refused": {
      const { code, message } = state.draft.reason;
      return {
        text: `$(error) DaiFu: edited, ${code} refuses it`,
        tooltip: `${message}\nThe program is still held; nothing has changed.`,
        colour: "error",
      };
    }
    case "none":
      break;
  }
  if (crash === undefined) {
    return {
      text: "$(debug-pause) DaiFu: stopped",
      tooltip: `${at}\nAn edit can take effect here: edit, then replace and continue.`,
      colour: "none",
    };
  }
  const { cell } = crash;
  const place = cell.function === "" ? "" : ` in ${cell.function}`;
  return {
    text: `$(debug-alt) DaiFu: crashed and held${place}, line ${cell.line}`,
    tooltip: `${at}\nEdit the line, then replace the cell.`,
    colour: "warning",
  };
}
