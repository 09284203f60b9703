import * as vscode from "vscode";
import { AdapterFactory } from "./adapter/factory";
import { DEBUG_TYPE } from "./common/commands";
import { log } from "./common/log";
import { Start } from "./common/start";
import { Installer } from "./config/install";
import { registerConfiguration } from "./config/register";
import { crashes } from "./crash";
import { Language } from "./language/client";
import { Terminal } from "./terminal/terminal";

export function activate(context: vscode.ExtensionContext): void {
  const installer = new Installer(context.globalState);
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand(Start.ShowLog, () => {
      log.show();
    }),
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory()),
    registerConfiguration(installer),
    new Terminal(context),
    new Language(installer),
    crashes(context),
  );
}
