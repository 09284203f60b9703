import { type Crash, Request } from "../common/protocol";

/** A custom request, ready to be sent. */
export interface Message {
  readonly command: Request;
  readonly arguments: Readonly<Record<string, unknown>>;
}

function thread(crash: Crash): Record<string, unknown> {
  return crash.threadId === undefined ? {} : { threadId: crash.threadId };
}

/** The request that applies what was saved and runs the cell again. */
export function replaceAndContinue(crash: Crash): Message {
  return {
    command: Request.ReplaceCellAndContinue,
    arguments: { ...thread(crash), stopId: crash.stopId, source: { path: crash.cell.path } },
  };
}

/** The request that leaves the crash another way. */
export function resolve(crash: Crash, action: "retry" | "skip"): Message {
  return {
    command: Request.Resolve,
    arguments: { ...thread(crash), stopId: crash.stopId, action },
  };
}
