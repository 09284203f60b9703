import { Request } from "../common/protocol";
import type { Stop } from "./sessions";

/** A custom request, ready to be sent. */
export interface Message {
  readonly command: Request;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** The ways out of a crash without an edit. */
export type Action = "retry" | "skip" | "raise" | "return" | "restartFrame" | "goto";

/** What a `daifu/resolve` may say beside its action. */
export interface Details {
  readonly value?: string;
  readonly frameId?: number;
  readonly line?: number;
}

/** A file's new text; without one, what is on disk. */
export interface Text {
  readonly path: string;
  readonly text?: string;
}

function place({ threadId, crash }: Stop): Record<string, unknown> {
  return { threadId, ...(crash === undefined ? {} : { stopId: crash.stopId }) };
}

function edit(stop: Stop, text: Text | undefined): Record<string, unknown> {
  if (text === undefined) {
    return place(stop);
  }
  const given = text.text === undefined ? {} : { text: text.text };
  return { ...place(stop), source: { path: text.path }, ...given };
}

/** A dry run of what was saved, or of a text. */
export function validate(stop: Stop, text?: Text): Message {
  return { command: Request.Validate, arguments: edit(stop, text) };
}

/** Applies what was saved, and a text if one is given; the thread stays stopped. */
export function replace(stop: Stop, text?: Text): Message {
  return { command: Request.ReplaceCell, arguments: edit(stop, text) };
}

/** The same, and the program goes on. */
export function replaceAndContinue(stop: Stop, text?: Text): Message {
  return { command: Request.ReplaceCellAndContinue, arguments: edit(stop, text) };
}

/** Leaves a crash another way. */
export function resolve(stop: Stop, action: Action, details: Details = {}): Message {
  return { command: Request.Resolve, arguments: { ...place(stop), action, ...details } };
}
