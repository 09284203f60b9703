import { basename } from "node:path";
import * as vscode from "vscode";
import { DEBUG_TYPE } from "../common/commands";
import { Start } from "../common/start";
import { registerConverting } from "./converting";
import { launchOf } from "./defaults";
import type { Installer } from "./install";
import { chooseInterpreter, interpreter } from "./interpreter";
import { registerPicking } from "./pick";
import { ConfigurationProvider, DynamicProvider, shownFile, shownFolder } from "./provider";

/** Registers everything that leads to a session but the terminal's way. */
export function registerConfiguration(installer: Installer): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider(
      DEBUG_TYPE,
      new ConfigurationProvider(installer),
    ),
    vscode.debug.registerDebugConfigurationProvider(
      DEBUG_TYPE,
      new DynamicProvider(),
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.commands.registerCommand(Start.DebugFile, debugFile),
    vscode.commands.registerCommand(Start.ChooseInterpreter, chooseInterpreter),
    vscode.commands.registerCommand(Start.Install, async () => {
      const folder = shownFolder();
      await installer.now(await interpreter({}, folder), folder);
    }),
    registerPicking(),
    registerConverting(),
  );
}

async function debugFile(uri?: vscode.Uri): Promise<void> {
  const file = uri?.fsPath ?? shownFile();
  if (file === undefined) {
    void vscode.window.showWarningMessage("DaiFu: open the Python file to debug.");
    return;
  }
  const shown = vscode.workspace.textDocuments.find((document) => document.uri.fsPath === file);
  if (shown?.isDirty === true && !(await shown.save())) {
    void vscode.window.showErrorMessage(`DaiFu: ${basename(file)} could not be saved, so it is not run.`);
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  const entry = launchOf(file, `DaiFu: ${basename(file)}`);
  await vscode.debug.startDebugging(folder, entry as vscode.DebugConfiguration);
}
