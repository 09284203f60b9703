import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";
import { asCommand, type Configuration } from "./defaults";

/**
 * Finds the interpreter for a session: the entry's own `python`, the setting `daifu.python`, the
 * one chosen in the Python extension, or `python3`, in this order.
 */
export async function interpreter(
  entry: Configuration,
  folder: vscode.WorkspaceFolder | undefined,
): Promise<readonly string[]> {
  const setting = vscode.workspace.getConfiguration("daifu", folder).get("python");
  return (
    asCommand(entry["python"]) ??
    asCommand(setting) ??
    (await chosen(folder?.uri)) ?? ["python3"]
  );
}

async function chosen(resource: vscode.Uri | undefined): Promise<readonly string[] | undefined> {
  if (vscode.extensions.getExtension("ms-python.python") === undefined) {
    return undefined;
  }
  const { environments } = await PythonExtension.api();
  const path = environments.getActiveEnvironmentPath(resource);
  const environment = await environments.resolveEnvironment(path);
  return asCommand(environment?.executable.uri?.fsPath);
}
