/** What a launch.json entry may hold, as far as the extension looks at it. */
export interface Configuration {
  type?: string;
  request?: string;
  name?: string;
  [attribute: string]: unknown;
}

/** The entry that runs a file. */
export function launchOf(file: string, name = "DaiFu: current file"): Configuration {
  return { type: "daifu", request: "launch", name, program: file, console: "integratedTerminal" };
}

/**
 * Fills in what F5 without a launch.json leaves out: an empty entry becomes a launch of the file
 * in the editor. Of an entry that somebody wrote everything stays; but the Debug Console does not
 * push itself in front of a terminal that the program runs in.
 */
export function withDefaults(entry: Configuration, file: string | undefined): Configuration {
  const empty = entry.type === undefined && entry.request === undefined;
  if (!empty) {
    return quiet(titled(entry));
  }
  if (file === undefined) {
    throw new Error("open the Python file to debug, or write a launch.json.");
  }
  return quiet({ ...entry, ...launchOf(file) });
}

function quiet(entry: Configuration): Configuration {
  const inConsole = entry.request !== "launch" || entry["console"] === "internalConsole";
  return inConsole ? entry : { internalConsoleOptions: "neverOpen", ...entry };
}

/** debugpy's adapter knows the terminal's title as `consoleTitle`, entries also as `consoleName`. */
function titled(entry: Configuration): Configuration {
  const { consoleName, ...others } = entry;
  return consoleName === undefined ? entry : { consoleTitle: consoleName, ...others };
}

/** Whether an entry asks to attach and says nothing of what to: then a held program is meant. */
export function seeksHeld(entry: Configuration): boolean {
  const places = ["connect", "listen", "processId", "subProcessId", "host", "port"];
  return entry.request === "attach" && places.every((place) => entry[place] === undefined);
}

/** Puts the variables of an `envFile` under those of the entry's own `env`. */
export function withEnv(
  entry: Configuration,
  variables: Readonly<Record<string, string>>,
): Configuration {
  const own = typeof entry["env"] === "object" ? entry["env"] : {};
  return { ...without(entry, "envFile"), env: { ...variables, ...own } };
}

/** An entry without one of its attributes. */
export function without(entry: Configuration, attribute: string): Configuration {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== attribute));
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
