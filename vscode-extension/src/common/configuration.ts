import * as vscode from "vscode";
import { SECTION, type Setting } from "./settings";

/** Reads a setting as it is for a folder. What it is when nobody set it stands in package.json. */
export function setting(name: Setting, scope?: vscode.ConfigurationScope | null): unknown {
  return vscode.workspace.getConfiguration(SECTION, scope).get(name);
}

/** Calls back when one of some settings has changed. */
export function onSetting(names: readonly Setting[], changed: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (names.some((name) => event.affectsConfiguration(`${SECTION}.${name}`))) {
      changed();
    }
  });
}
