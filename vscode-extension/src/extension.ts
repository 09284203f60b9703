import * as vscode from "vscode";
import { AdapterFactory } from "./adapter/factory";
import { DEBUG_TYPE } from "./common/commands";
import { ConfigurationProvider } from "./config/provider";
import { registerActions } from "./recovery/actions";
import { Crashes } from "./recovery/crashes";
import { Status } from "./ui/status";

export function activate(context: vscode.ExtensionContext): void {
  const crashes = new Crashes();
  const status = new Status(crashes);
  const update = (): void => {
    status.update();
  };
  context.subscriptions.push(
    status,
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory()),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider()),
    registerActions(crashes, update),
    vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
      if (session.type === DEBUG_TYPE && crashes.receive(session.id, event, body)) {
        update();
      }
    }),
    vscode.debug.onDidChangeActiveDebugSession(update),
    vscode.debug.onDidTerminateDebugSession((session) => {
      crashes.forget(session.id);
      update();
    }),
  );
}
