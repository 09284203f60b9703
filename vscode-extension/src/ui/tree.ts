import * as vscode from "vscode";
import { Command, Context, RECOVERIES_VIEW } from "../common/commands";
import type { History, Recovery } from "../recovery/history";

type Node = Recovery | readonly Recovery[];

const WORDS: Readonly<Record<string, readonly [word: string, icon: string]>> = {
  replace: ["replaced", "edit"],
  retry: ["retried", "refresh"],
  skip: ["skipped", "debug-step-over"],
  raise: ["raised", "arrow-up"],
  return: ["returned", "debug-step-out"],
  goto: ["went elsewhere", "debug-line-by-line"],
  restartFrame: ["frame restarted", "debug-restart-frame"],
};

/** The tree *DaiFu* in the debug side bar: what was recovered. */
export class Tree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly registered: vscode.Disposable;
  readonly onDidChangeTreeData: vscode.Event<undefined>;

  constructor(private readonly history: History) {
    this.onDidChangeTreeData = history.onChange;
    this.registered = vscode.Disposable.from(
      vscode.window.registerTreeDataProvider(RECOVERIES_VIEW, this),
      history.onChange(() => {
        const any = this.history.all().length > 0;
        void vscode.commands.executeCommand("setContext", Context.Recovered, any);
      }),
    );
  }

  getChildren(node?: Node): Node[] {
    if (node !== undefined) {
      return "entry" in node ? [] : [...node];
    }
    const sessions = this.history.bySession();
    return sessions.length > 1 ? sessions : sessions.flat();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (!("entry" in node)) {
      const item = new vscode.TreeItem(
        node[0]?.session.name ?? "",
        vscode.TreeItemCollapsibleState.Expanded,
      );
      item.iconPath = new vscode.ThemeIcon("debug-alt");
      return item;
    }
    const { entry, pairs } = node;
    const [word, icon] = WORDS[entry.resolution] ?? [entry.resolution, "circle"];
    const name = entry.function === "" ? `line ${entry.line}` : entry.function;
    const stands = this.history.stands(node);
    const undone = pairs.length > 0 && !stands;
    const item = new vscode.TreeItem(`${name}: ${undone ? `${word}, undone` : word}`);
    const time = new Date(entry.time * 1000).toLocaleTimeString();
    const ms = entry.restoreMs === undefined ? "" : ` · ${Math.round(entry.restoreMs)} ms`;
    item.description = `${time}${ms}`;
    item.iconPath = new vscode.ThemeIcon(undone ? "discard" : icon);
    item.contextValue = stands ? "changed" : undone ? "undone" : "unchanged";
    const diffs = entry.changes.map(({ diff }) => `\`\`\`diff\n${diff}\`\`\``);
    const said = `${entry.exception === "" ? "Stopped" : entry.exception} at ${entry.path}, line ${entry.line}`;
    item.tooltip = new vscode.MarkdownString([said, ...diffs].join("\n\n"));
    item.command = { command: Command.ShowChange, title: "Show the Change", arguments: [node] };
    return item;
  }

  dispose(): void {
    this.registered.dispose();
  }
}
