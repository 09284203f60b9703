import * as vscode from "vscode";
import { Command, Context } from "../common/commands";
import { mode } from "../recovery/onsave";
import type { Watch } from "../recovery/watch";
import { label } from "./label";

const BACKGROUND = {
  none: undefined,
  warning: new vscode.ThemeColor("statusBarItem.warningBackground"),
  error: new vscode.ThemeColor("statusBarItem.errorBackground"),
} as const;

/** The status bar entry and the context keys, both about the session and the thread in view. */
export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    "daifu.status",
    vscode.StatusBarAlignment.Left,
  );
  private readonly registered: vscode.Disposable;
  private readonly keys = new Map<Context, boolean>();

  constructor(private readonly watch: Watch) {
    this.item.name = "DaiFu";
    this.registered = watch.onChange(() => {
      this.update();
    });
  }

  private update(): void {
    const session = this.watch.active;
    const stop = this.watch.stop?.stop;
    const crashed = stop?.crash !== undefined;
    this.set(Context.Crashed, crashed);
    this.set(Context.Stopped, stop !== undefined);
    this.set(Context.AnyStopped, this.watch.states.stops().length > 0);
    this.set(Context.SavesOnContinue, stop !== undefined && mode(session && this.watch.folder(session)) === "onContinue");
    if (session === undefined) {
      this.item.hide();
      return;
    }
    const state = this.watch.state(session);
    const { text, tooltip, colour } = label(state, stop);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: `${bare(text)}. ${tooltip}` };
    this.item.backgroundColor = BACKGROUND[colour];
    const ready = stop !== undefined && state.draft.kind !== "none";
    const onClick = ready ? Command.ReplaceAndContinue : crashed ? Command.GoToCrash : undefined;
    this.item.command = onClick;
    this.item.show();
  }

  private set(key: Context, value: boolean): void {
    if (this.keys.get(key) !== value) {
      this.keys.set(key, value);
      void vscode.commands.executeCommand("setContext", key, value);
    }
  }

  dispose(): void {
    this.registered.dispose();
    this.item.dispose();
  }
}

/** A text without the icons in it, for a screen reader. */
function bare(text: string): string {
  return text.replaceAll(/\$\([\w-]+\)\s*/g, "");
}
