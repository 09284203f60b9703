import * as vscode from "vscode";
import { Command } from "../common/commands";
import type { Watch } from "../recovery/watch";
import { kept } from "./kept";
import type { Notices } from "./notices";

/** Tells what a recovery kept, and what of an edit may surprise. */
export function tellNews(watch: Watch, notices: Notices): vscode.Disposable {
  return watch.onNews(({ session, news }) => {
    if (["continued", "recovered", "replaced"].includes(news.kind)) {
      notices.past(session.id);
    }
    if (news.kind === "recovered" && news.crash !== undefined) {
      const { recovered, crash } = news;
      const offers =
        recovered.resolution === "replace"
          ? [
              {
                title: "Show the Change",
                run: () => vscode.commands.executeCommand(Command.ShowChange),
              },
            ]
          : [];
      notices.tell("recovered", `${kept(recovered.restoreMs, crash.progress)}.`, offers);
    }
    if (news.kind === "replaced") {
      for (const { code, message, path, line } of news.warnings) {
        const place = path === "" ? "" : ` (${vscode.workspace.asRelativePath(watch.uri(session, path))}:${line})`;
        notices.warn(code, `${code}: ${message}${place}`, [
          notices.page(`About ${code}`, `docs/refusals.md#${code.toLowerCase()}`),
        ]);
      }
    }
  });
}
