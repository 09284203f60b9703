import * as vscode from "vscode";
import type { Watch } from "../recovery/watch";
import { names } from "./names";

/** The values of the names in the stopped function, at the ends of its lines. */
export class Values implements vscode.InlineValuesProvider, vscode.Disposable {
  private readonly registered: vscode.Disposable;

  constructor(private readonly watch: Watch) {
    this.registered = vscode.languages.registerInlineValuesProvider({ language: "python" }, this);
  }

  provideInlineValues(
    document: vscode.TextDocument,
    viewPort: vscode.Range,
    context: vscode.InlineValueContext,
  ): vscode.InlineValue[] {
    if (this.watch.active === undefined) {
      return [];
    }
    const lines = document.getText().split(/\r?\n/);
    return names(lines, context.stoppedLocation.end.line)
      .filter(({ line }) => line >= viewPort.start.line && line <= viewPort.end.line)
      .map(({ name, line, column }) => {
        const range = new vscode.Range(line, column, line, column + name.length);
        return new vscode.InlineValueVariableLookup(range, name, true);
      });
  }

  dispose(): void {
    this.registered.dispose();
  }
}
