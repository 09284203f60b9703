import * as vscode from "vscode";
import { globDefaults } from "./config/globs";
import { Actions } from "./recovery/actions";
import { All } from "./recovery/all";
import { Drafts } from "./recovery/drafts";
import { History } from "./recovery/history";
import { applyOnSave } from "./recovery/onsave";
import { Watch } from "./recovery/watch";
import { Changes } from "./ui/changes";
import { Highlight } from "./ui/highlight";
import { Lenses } from "./ui/lenses";
import { tellNews } from "./ui/notable";
import { Notices } from "./ui/notices";
import { Refusals } from "./ui/refusals";
import { Revealer } from "./ui/reveal";
import { Status } from "./ui/status";
import { Tree } from "./ui/tree";
import { Values } from "./ui/values";

/** All that happens at a stop and after it: what is shown, and the commands. */
export function crashes(context: vscode.ExtensionContext): vscode.Disposable {
  const watch = new Watch();
  const notices = new Notices(context.extensionUri);
  const refusals = new Refusals(watch, notices);
  const history = new History(watch);
  const changes = new Changes(watch, history, notices, refusals);
  const actions = new Actions(watch, notices, refusals, (crash) => changes.describe(crash));
  return vscode.Disposable.from(
    watch,
    notices,
    refusals,
    history,
    changes,
    actions,
    new All(watch, notices, refusals),
    new Drafts(watch),
    applyOnSave(watch, (target) => actions.saved(target)),
    new Status(watch),
    new Highlight(watch),
    new Lenses(watch),
    new Revealer(watch),
    new Tree(history),
    new Values(watch),
    tellNews(watch, notices),
    globDefaults(),
  );
}
