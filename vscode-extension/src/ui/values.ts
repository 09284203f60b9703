import * as vscode from "vscode";
import { DEBUG_TYPE } from "../common/commands";
import { fields } from "../common/protocol";
import type { Watch } from "../recovery/watch";
import { brief, names } from "./names";

/** The values of the names in the stopped function, at the ends of its lines, each kept short. */
export class Values implements vscode.InlineValuesProvider, vscode.Disposable {
  private readonly registered: vscode.Disposable;

  constructor(private readonly watch: Watch) {
    this.registered = vscode.languages.registerInlineValuesProvider({ language: "python" }, this);
  }

  async provideInlineValues(
    document: vscode.TextDocument,
    viewPort: vscode.Range,
    context: vscode.InlineValueContext,
  ): Promise<vscode.InlineValue[]> {
    const session = this.watch.active;
    if (session?.type !== DEBUG_TYPE) {
      return [];
    }
    const values = await locals(session, context.frameId);
    const operands = new Map(this.watch.stop?.stop.crash?.operands);
    const lines = document.getText().split(/\r?\n/);
    return names(lines, context.stoppedLocation.end.line)
      .filter(({ line }) => line >= viewPort.start.line && line <= viewPort.end.line)
      .flatMap(({ name, line, column }) => {
        const variable = values.get(name);
        const text = variable && brief(variable, operands.get(name));
        const range = new vscode.Range(line, column, line, column + name.length);
        return text === undefined ? [] : [new vscode.InlineValueText(range, `${name} = ${text}`)];
      });
  }

  dispose(): void {
    this.registered.dispose();
  }
}

/** The variables of a frame's own scope. */
async function locals(
  session: vscode.DebugSession,
  frameId: number,
): Promise<Map<string, { value: string; type: string }>> {
  try {
    const { scopes } = fields(await session.customRequest("scopes", { frameId }));
    const reference = fields((scopes as unknown[] | undefined)?.[0])["variablesReference"];
    const answer: unknown = await session.customRequest("variables", { variablesReference: reference });
    const told = fields(answer)["variables"] as unknown[] | undefined;
    return new Map(
      (told ?? []).map(fields).map(({ name, value, type }) => [String(name), { value: String(value), type: String(type) }]),
    );
  } catch {
    // It has gone on meanwhile.
    return new Map();
  }
}
