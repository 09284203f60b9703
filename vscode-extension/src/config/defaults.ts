/** What a launch.json entry may hold, as far as the extension looks at it. */
export interface Configuration {
  type?: string;
  request?: string;
  name?: string;
  [attribute: string]: unknown;
}

/**
 * Fills in what F5 without a launch.json leaves out: an empty entry becomes a launch of the file
 * in the editor. Of an entry that somebody wrote everything stays; but the Debug Console does not
 * push itself in front of a terminal that the program runs in.
 */
export function withDefaults(entry: Configuration, file: string | undefined): Configuration {
  const empty = entry.type === undefined && entry.request === undefined;
  if (!empty) {
    return quiet(entry);
  }
  if (file === undefined) {
    throw new Error("Open the Python file to debug, or write a launch.json.");
  }
  return quiet({
    ...entry,
    type: "daifu",
    request: "launch",
    name: "DaiFu: current file",
    program: file,
    console: "integratedTerminal",
  });
}

function quiet(entry: Configuration): Configuration {
  const inConsole = entry.request !== "launch" || entry["console"] === "internalConsole";
  return inConsole ? entry : { internalConsoleOptions: "neverOpen", ...entry };
}

/** Reads an interpreter given as a path or as a command with arguments. */
export function asCommand(value: unknown): readonly string[] | undefined {
  if (typeof value === "string" && value.trim() !== "") {
    return [value];
  }
  if (Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")) {
    return value;
  }
  return undefined;
}
