import * as vscode from "vscode";
import { type Configuration, withDefaults } from "./defaults";

/** Makes F5 work without a launch.json. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    entry: Configuration,
  ): vscode.DebugConfiguration | undefined {
    const document = vscode.window.activeTextEditor?.document;
    const file = document?.languageId === "python" ? document.uri.fsPath : undefined;
    try {
      return withDefaults(entry, file) as vscode.DebugConfiguration;
    } catch (error) {
      void vscode.window.showErrorMessage((error as Error).message);
      return undefined;
    }
  }
}
