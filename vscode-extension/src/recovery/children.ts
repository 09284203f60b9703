import * as vscode from "vscode";
import { DEBUG_TYPE } from "../common/commands";
import { fields } from "../common/protocol";

/** What debugpy sends when a program has started another Python process that is to be debugged. */
const ATTACH = "debugpyAttach";

/** Gives each child process of a debugged program a session of its own, below its parent's. */
export function attachChildren(): vscode.Disposable {
  return vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
    if (event !== ATTACH || session.type !== DEBUG_TYPE) {
      return;
    }
    const told = fields(body);
    const name = typeof told["name"] === "string" ? told["name"] : "Subprocess";
    const entry = { ...told, name, type: DEBUG_TYPE, request: "attach" };
    void vscode.debug.startDebugging(session.workspaceFolder, entry, {
      parentSession: session,
      lifecycleManagedByParent: true,
    });
  });
}
