import * as vscode from "vscode";
import { DEBUG_TYPE } from "../common/commands";
import { folderOf } from "../common/folder";

/** The settings that stand in for attributes which an entry leaves out. */
const DEFAULTS = [
  ["vaccinateInclude", "include"],
  ["vaccinateExclude", "exclude"],
] as const;

/** Gives launch and attach entries the globs of the settings `daifu.include` and `daifu.exclude`. */
export function globDefaults(): vscode.Disposable {
  return vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, {
    resolveDebugConfigurationWithSubstitutedVariables(folder, entry) {
      const settings = vscode.workspace.getConfiguration("daifu", folderOf(folder, entry));
      const filled = { ...entry };
      for (const [attribute, setting] of DEFAULTS) {
        const globs = settings.get<string[]>(setting, []);
        if (filled[attribute] === undefined && globs.length > 0) {
          filled[attribute] = globs;
        }
      }
      return filled;
    },
  });
}
