import * as vscode from "vscode";
import { Command, CRASHED_CONTEXT, DEBUG_TYPE } from "../common/commands";
import type { Crashes } from "../recovery/crashes";
import { label } from "./label";

/** The status bar entry and the context key, both about the active session. */
export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    "daifu.status",
    vscode.StatusBarAlignment.Left,
  );

  constructor(private readonly crashes: Crashes) {
    this.item.name = "DaiFu";
  }

  /** Shows how the active session is now. */
  update(): void {
    const session = vscode.debug.activeDebugSession;
    const state = session?.type === DEBUG_TYPE ? this.crashes.state(session.id) : undefined;
    const crashed = state?.kind === "crashed";
    void vscode.commands.executeCommand("setContext", CRASHED_CONTEXT, crashed);
    if (state === undefined) {
      this.item.hide();
      return;
    }
    const { text, tooltip, warn } = label(state);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.command = crashed ? Command.ReplaceAndContinue : undefined;
    this.item.backgroundColor = warn
      ? new vscode.ThemeColor("statusBarItem.warningBackground")
      : undefined;
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}
