import * as vscode from "vscode";
import type { Target } from "../recovery/watch";

/** What a command's arguments say of the item it was called on. */
export interface Item {
  readonly session: string;
  readonly thread?: number;
  /** The frame's place in its stack. */
  readonly frame?: number;
}

/**
 * Reads the arguments that a command is called with: `{session, thread}` from a lens of ours, or what
 * the call stack's context menu hands over, whose ids are `thread:SESSION:1` and
 * `stackframe:thread:SESSION:1:0:name`.
 */
export function stackItem(args: readonly unknown[]): Item | undefined {
  for (const arg of args) {
    if (typeof arg !== "object" || arg === null) {
      continue;
    }
    const { session, thread, sessionId, threadId, frameId } = arg as Record<string, unknown>;
    if (typeof session === "string") {
      return typeof thread === "number" ? { session, thread } : { session };
    }
    if (typeof sessionId === "string") {
      const named = /^thread:.*:(\d+)$/.exec(String(threadId));
      const frame = /^stackframe:thread:[^:]*:\d+:(\d+):/.exec(String(frameId));
      return {
        session: sessionId,
        ...(named === null ? {} : { thread: Number(named[1]) }),
        ...(frame === null ? {} : { frame: Number(frame[1]) }),
      };
    }
  }
  return undefined;
}

/** Asks which stop is meant, if there are several. Gives undefined when nobody answers. */
export async function pick(targets: readonly Target[]): Promise<Target | "none" | undefined> {
  const [first] = targets;
  if (first === undefined) {
    return "none";
  }
  if (targets.length === 1) {
    return first;
  }
  const items = targets.map((target) => {
    const { crash, threadId } = target.stop;
    const where =
      crash === undefined ? "stopped" : `${crash.cell.function}, line ${crash.cell.line}`.replace(/^, /, "");
    return {
      label: crash === undefined ? `Thread ${threadId}` : crash.exception.type,
      description: `${where} · thread ${threadId} · ${target.session.name}`,
      ...(crash === undefined ? {} : { detail: crash.exception.message.split("\n", 1)[0] ?? "" }),
      target,
    };
  });
  // Another stop takes the focus, and must not take the question with it.
  const options = { placeHolder: "Several are held: which one?", ignoreFocusOut: true };
  const chosen = await vscode.window.showQuickPick(items, options);
  return chosen?.target;
}

/** Asks for an expression. Gives undefined when nobody answers. */
export function ask(title: string, prompt: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({ title, prompt, ignoreFocusOut: true });
}
