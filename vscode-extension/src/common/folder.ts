import * as vscode from "vscode";

/**
 * The workspace folder that a session is about: the one that its program is in, else the one that it
 * was started in. Where there are several, F5 without a launch.json names the first, whatever is run.
 */
export function folderOf(
  folder: vscode.WorkspaceFolder | undefined,
  { program }: Readonly<Record<string, unknown>>,
): vscode.WorkspaceFolder | undefined {
  const own = typeof program === "string" ? vscode.workspace.getWorkspaceFolder(vscode.Uri.file(program)) : undefined;
  return own ?? folder;
}
