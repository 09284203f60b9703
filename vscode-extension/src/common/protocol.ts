/** The requests and events that the adapter adds to the Debug Adapter Protocol. */

export enum Request {
  Describe = "daifu/describe",
  Held = "daifu/held",
  Journal = "daifu/journal",
  ReplaceCell = "daifu/replaceCell",
  ReplaceCellAndContinue = "daifu/replaceCellAndContinue",
  Resolve = "daifu/resolve",
  Validate = "daifu/validate",
}

export const Event = {
  Crash: "daifu/crash",
  Recovered: "daifu/recovered",
  Replaced: "daifu/replaced",
} as const;

/** A loop around the crash, and the number it has counted to. */
export interface Counter {
  readonly name: string;
  readonly value: number;
}

/** A frame of a crash. */
export interface Frame {
  readonly frameId?: number;
  readonly function: string;
  readonly resumable: boolean;
  readonly reason: string;
}

/** The part of the `daifu/crash` event's body that the extension reads. */
export interface Crash {
  readonly stopId: number;
  readonly threadId?: number;
  readonly cell: {
    readonly path: string;
    readonly line: number;
    readonly endLine: number;
    /** The whole lines of the running text, without the last line's end. */
    readonly code: string;
    readonly function: string;
  };
  readonly exception: { readonly type: string; readonly message: string };
  readonly hint: string;
  readonly frames: readonly Frame[];
  readonly resolutions: readonly string[];
  readonly gotoLines: readonly number[];
  readonly progress: readonly Counter[];
  readonly operands: readonly (readonly [name: string, kind: string])[];
}

/** The part of the `daifu/recovered` event's body that the extension reads. */
export interface Recovered {
  readonly stopId: number;
  readonly resolution: string;
  readonly restoreMs: number;
  /** Its entry in the journal. */
  readonly entry: Entry | undefined;
}

/** A numbered reason: why something is refused, or what is to be known of it. */
export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly path: string;
  /** From 1, as in the protocol; 0 where there is no place. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What `daifu/validate` says of a text. */
export interface Verdict {
  readonly status: "ok" | "refused" | "unchanged";
  readonly refusals: readonly Reason[];
}

/** One file's change in an entry of the journal. */
export interface Change {
  readonly path: string;
  readonly diff: string;
}

/** An entry of the journal: a crash, or a stop, and how the program went on. */
export interface Entry {
  readonly journalId: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly path: string;
  readonly line: number;
  readonly function: string;
  readonly exception: string;
  readonly resolution: string;
  readonly restoreMs: number | undefined;
  readonly changes: readonly Change[];
}

type Fields = Record<string, unknown>;

export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

function whole(value: unknown, otherwise = 0): number {
  return typeof value === "number" && Number.isInteger(value) ? value : otherwise;
}

/** Reads a `daifu/crash` body. Gives undefined for one that lacks what the extension needs. */
export function asCrash(body: unknown): Crash | undefined {
  const told = fields(body);
  const { stopId, threadId } = told;
  const cell = fields(told["cell"]);
  const { path, line } = cell;
  const exception = fields(told["exception"]);
  if (typeof stopId !== "number" || typeof path !== "string" || typeof line !== "number") {
    return undefined;
  }
  return {
    stopId,
    ...(typeof threadId === "number" ? { threadId } : {}),
    cell: {
      path,
      line,
      endLine: whole(cell["endLine"], line),
      code: text(cell["code"]),
      function: text(cell["function"]),
    },
    exception: { type: text(exception["type"], "Exception"), message: text(exception["message"]) },
    hint: text(told["hint"]),
    frames: list(told["frames"]).map(asFrame),
    resolutions: list(told["resolutions"]).filter((each) => typeof each === "string"),
    gotoLines: list(told["gotoLines"]).filter((each) => typeof each === "number"),
    progress: list(told["progress"])
      .map(fields)
      .map(({ name, value }) => ({ name: text(name), value: whole(value) })),
    operands: Object.entries(fields(told["operands"])).map(([name, kind]) => [name, asKind(kind)]),
  };
}

function asFrame(value: unknown): Frame {
  const told = fields(value);
  return {
    ...(typeof told["frameId"] === "number" ? { frameId: told["frameId"] } : {}),
    function: text(told["function"]),
    resumable: told["resumable"] === true,
    reason: text(told["reason"]),
  };
}

/** Says in a few words what an operand is, as `Tensor [16, 10] float32 on cpu`. */
function asKind(value: unknown): string {
  const { type, shape, length, dtype, device } = fields(value);
  const words = [text(type)];
  if (Array.isArray(shape)) {
    words.push(`[${shape.join(", ")}]`);
  }
  if (typeof length === "number") {
    words.push(`of ${length}`);
  }
  if (typeof dtype === "string") {
    words.push(dtype);
  }
  if (typeof device === "string") {
    words.push(`on ${device}`);
  }
  return words.join(" ");
}

/** Reads a `daifu/recovered` body. Gives undefined for one that names no stop. */
export function asRecovered(body: unknown): Recovered | undefined {
  const { stopId, resolution, restoreMs, entry } = fields(body);
  if (typeof stopId !== "number") {
    return undefined;
  }
  return {
    stopId,
    resolution: text(resolution),
    restoreMs: typeof restoreMs === "number" ? restoreMs : 0,
    entry: entry === undefined ? undefined : asEntry(entry),
  };
}

/** Reads a list of refusals or warnings. */
export function asReasons(value: unknown): Reason[] {
  return list(value).map((each) => {
    const told = fields(each);
    const line = whole(told["line"]);
    const column = whole(told["column"]);
    return {
      code: text(told["code"]),
      message: text(told["message"]),
      path: text(told["path"]),
      line,
      column,
      endLine: whole(told["endLine"], line),
      endColumn: whole(told["endColumn"], column),
    };
  });
}

/** Reads the answer to `daifu/validate`. */
export function asVerdict(body: unknown): Verdict | undefined {
  const { status, refusals } = fields(body);
  if (status !== "ok" && status !== "refused" && status !== "unchanged") {
    return undefined;
  }
  return { status, refusals: asReasons(refusals) };
}

/** Reads the answer to `daifu/journal`. */
export function asEntries(body: unknown): Entry[] {
  return list(fields(body)["entries"]).map(asEntry);
}

function asEntry(value: unknown): Entry {
  const told = fields(value);
  return {
    journalId: whole(told["journalId"]),
    time: typeof told["time"] === "number" ? told["time"] : 0,
    path: text(told["path"]),
    line: whole(told["line"]),
    function: text(told["function"]),
    exception: text(fields(told["exception"])["type"]),
    resolution: text(told["resolution"]),
    restoreMs: typeof told["restoreMs"] === "number" ? told["restoreMs"] : undefined,
    changes: list(told["changes"])
      .map(fields)
      .map(({ path, diff }) => ({ path: text(path), diff: text(diff) })),
  };
}

/** Reads the running texts of the answer to `daifu/held`. */
export function asTexts(body: unknown): Map<string, string> {
  const told = Object.entries(fields(fields(body)["texts"]));
  return new Map(told.filter((each): each is [string, string] => typeof each[1] === "string"));
}
