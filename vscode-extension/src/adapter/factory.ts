import * as vscode from "vscode";
import { log } from "../common/log";
import { interpreter } from "../config/interpreter";
import { adapterCommand } from "./command";

/** Starts one adapter process for each session, with the interpreter the program will run on. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  async createDebugAdapterDescriptor(
    session: vscode.DebugSession,
  ): Promise<vscode.DebugAdapterDescriptor> {
    const python = await interpreter(session.configuration, session.workspaceFolder);
    const { command, args } = adapterCommand(python);
    log.info(`${session.name}: ${[command, ...args].join(" ")}`);
    const cwd = session.workspaceFolder?.uri.fsPath;
    return new vscode.DebugAdapterExecutable(command, [...args], cwd === undefined ? {} : { cwd });
  }
}
