import * as vscode from "vscode";
import { Command, DEBUG_TYPE } from "../common/commands";
import type { Crash } from "../common/protocol";
import type { Crashes } from "./crashes";
import { type Message, replaceAndContinue, resolve } from "./requests";

/** Registers the commands that leave a crash. `changed` is called after each that was accepted. */
export function registerActions(crashes: Crashes, changed: () => void): vscode.Disposable {
  const run = async (message: (crash: Crash) => Message, save: boolean): Promise<void> => {
    const session = vscode.debug.activeDebugSession;
    const crash =
      session?.type === DEBUG_TYPE ? crashes.current(session.id, activeThread(session)) : undefined;
    if (session === undefined || crash === undefined) {
      void vscode.window.showWarningMessage("DaiFu: no program is held at a crash.");
      return;
    }
    if (save && !(await saveDirtyPython())) {
      void vscode.window.showWarningMessage("DaiFu: a file was not saved, nothing was replaced.");
      return;
    }
    const { command, arguments: body } = message(crash);
    try {
      await session.customRequest(command, body);
    } catch (error) {
      void vscode.window.showErrorMessage(`DaiFu: ${reason(error)}`);
      return;
    }
    crashes.resolved(session.id, crash.stopId);
    changed();
  };

  return vscode.Disposable.from(
    vscode.commands.registerCommand(Command.ReplaceAndContinue, () =>
      run(replaceAndContinue, true),
    ),
    vscode.commands.registerCommand(Command.Retry, () =>
      run((crash) => resolve(crash, "retry"), false),
    ),
    vscode.commands.registerCommand(Command.Skip, () =>
      run((crash) => resolve(crash, "skip"), false),
    ),
  );
}

function activeThread(session: vscode.DebugSession): number | undefined {
  const item = vscode.debug.activeStackItem;
  return item?.session.id === session.id ? item.threadId : undefined;
}

/** What runs is what was saved, in every file of the program: all edited ones are saved. */
async function saveDirtyPython(): Promise<boolean> {
  const dirty = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && !document.isUntitled && document.languageId === "python",
  );
  const saved = await Promise.all(dirty.map((document) => document.save()));
  return saved.every(Boolean);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
