import * as vscode from "vscode";
import { folderOf } from "../common/folder";
import { log } from "../common/log";
import { interpreter } from "../config/interpreter";
import { adapterCommand } from "./command";

/** Starts one adapter process for each session, with the interpreter the program will run on. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  async createDebugAdapterDescriptor(
    session: vscode.DebugSession,
  ): Promise<vscode.DebugAdapterDescriptor> {
    const folder = folderOf(session.workspaceFolder, session.configuration);
    const python = await interpreter(session.configuration, folder);
    const { command, args } = adapterCommand(python);
    log.info(`${session.name}: ${[command, ...args].join(" ")}`);
    const cwd = folder?.uri.fsPath;
    return new vscode.DebugAdapterExecutable(command, [...args], cwd === undefined ? {} : { cwd });
  }
}
