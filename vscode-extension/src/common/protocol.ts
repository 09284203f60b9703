/** The requests and events that the adapter adds to the Debug Adapter Protocol. */

export enum Request {
  ReplaceCellAndContinue = "daifu/replaceCellAndContinue",
  Resolve = "daifu/resolve",
}

export enum Event {
  Crash = "daifu/crash",
  Recovered = "daifu/recovered",
}

/** The part of the `daifu/crash` event's body that the extension reads. */
export interface Crash {
  readonly stopId: number;
  readonly threadId?: number;
  readonly cell: {
    readonly path: string;
    readonly line: number;
    readonly endLine: number;
    readonly function: string;
  };
  readonly exception: { readonly type: string; readonly message: string };
}

/** The part of the `daifu/recovered` event's body that the extension reads. */
export interface Recovered {
  readonly stopId: number;
  readonly resolution: string;
  readonly restoreMs: number;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** Reads a `daifu/crash` body. Gives undefined for one that lacks what the extension needs. */
export function asCrash(body: unknown): Crash | undefined {
  const { stopId, threadId, cell, exception } = fields(body);
  const { path, line, endLine, function: name } = fields(cell);
  const { type, message } = fields(exception);
  if (typeof stopId !== "number" || typeof path !== "string" || typeof line !== "number") {
    return undefined;
  }
  return {
    stopId,
    ...(typeof threadId === "number" ? { threadId } : {}),
    cell: {
      path,
      line,
      endLine: typeof endLine === "number" ? endLine : line,
      function: typeof name === "string" ? name : "",
    },
    exception: {
      type: typeof type === "string" ? type : "Exception",
      message: typeof message === "string" ? message : "",
    },
  };
}

/** Reads a `daifu/recovered` body. Gives undefined for one that names no stop. */
export function asRecovered(body: unknown): Recovered | undefined {
  const { stopId, resolution, restoreMs } = fields(body);
  if (typeof stopId !== "number") {
    return undefined;
  }
  return {
    stopId,
    resolution: typeof resolution === "string" ? resolution : "",
    restoreMs: typeof restoreMs === "number" ? restoreMs : 0,
  };
}
