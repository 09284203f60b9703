import * as vscode from "vscode";

/** What happened, for whoever wants to know: the output channel *DaiFu*. */
export const log = vscode.window.createOutputChannel("DaiFu", { log: true });

/** What an error says. */
export function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
