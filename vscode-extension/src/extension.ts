import * as vscode from "vscode";
import { AdapterFactory } from "./adapter/factory";
import { DEBUG_TYPE } from "./common/commands";
import { ConfigurationProvider } from "./config/provider";
import { crashes } from "./crash";

export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory()),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider()),
    crashes(context),
  );
}
