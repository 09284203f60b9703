/**
 * A workbench as a person has it before them: keys, clicks, and what can be read on the screen.
 *
 * Nothing here waits for a fixed time. What is waited for is what a person would wait for: that
 * something shows. Keys that are pressed before an extension's contributions are in do nothing, so
 * those that begin something are pressed again until it has begun.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { SCREENSHOTS } from "./places.ts";
import type { Payload, Server } from "./server.ts";

const PATIENCE = 30_000;

export class Workbench {
  readonly page: Page;
  readonly name: string;
  #shots = 0;

  private constructor(page: Page, name: string) {
    this.page = page;
    this.name = name;
  }

  /** Opens one on a folder, a workspace file or nothing; `name` names its screenshots. */
  static async open(
    browser: Browser,
    server: Server,
    folder: string,
    name: string,
    payload: Payload = [],
  ): Promise<Workbench> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE);
    // What a workbench reports to that runs tests inside its extension host.
    await page.exposeFunction("codeAutomationLog", (): void => undefined);
    await page.exposeFunction("codeAutomationExit", (): void => undefined);
    await page.goto(server.workbench(folder, payload), { waitUntil: "commit" });
    const workbench = new Workbench(page, name);
    const ready = folder === "" ? ".monaco-editor .view-line" : ".explorer-folders-view";
    await page.locator(ready).first().waitFor({ timeout: 3 * PATIENCE });
    return workbench;
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Keeps what is on the screen, under the name of the step. */
  async shot(step: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    this.#shots += 1;
    const number = String(this.#shots).padStart(2, "0");
    await this.page.screenshot({ path: join(SCREENSHOTS, `${this.name}-${number}-${step}.png`) });
  }

  // -- doing ----------------------------------------------------------------------------------

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Presses keys until something shows. */
  async pressUntil(key: string, shown: Locator, every = 3_000): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      await this.press(key);
      try {
        await shown.first().waitFor({ timeout: every });
        return;
      } catch (error) {
        if (Date.now() > deadline) {
          throw error;
        }
      }
    }
  }

  /** Starts debugging the file in the editor. A second F5 while it starts would ask for a second one. */
  async debug(): Promise<void> {
    await this.pressUntil("F5", this.locator(".debug-toolbar"), 10_000);
  }

  /** Runs a command from the palette by its title; again when an editor that opens closes the box. */
  async run(title: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input");
    const row = this.page
      .locator(".quick-input-list .monaco-list-row")
      .filter({ has: this.page.locator(".label-name", { hasText: title }) })
      .first();
    for (let attempt = 0; ; attempt++) {
      await this.pressUntil("F1", input);
      try {
        await input.fill(`>${title}`, { timeout: 3_000 });
        await row.click({ timeout: 3_000 });
        return;
      } catch (error) {
        await this.press("Escape");
        if (attempt === 5) {
          throw error;
        }
      }
    }
  }

  /** Opens a file of the folder by a click in the explorer. */
  async openFile(name: string): Promise<void> {
    await this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
    await this.page.locator(".tabs-container .tab.active", { hasText: name }).waitFor();
    await this.page.locator(".monaco-editor .view-line").first().waitFor();
  }

  /** Unfolds a folder in the explorer, until what is in it shows. */
  async unfold(folder: string, inside: string): Promise<void> {
    const row = this.page.locator(".explorer-folders-view .monaco-list-row");
    const wanted = row.filter({ hasText: inside });
    for (let attempt = 0; !(await wanted.isVisible()); attempt++) {
      await row.filter({ hasText: folder }).first().click();
      try {
        await wanted.waitFor({ timeout: 3_000 });
      } catch (error) {
        if (attempt === 4) {
          throw error;
        }
      }
    }
  }

  /** Opens a file of the folder by its name, also one that the explorer does not show. */
  async quickOpen(name: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input");
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: name });
    for (let attempt = 0; ; attempt++) {
      await this.pressUntil("Control+p", input);
      try {
        await input.fill(name, { timeout: 3_000 });
        await row.first().click({ timeout: 3_000 });
        break;
      } catch (error) {
        if (attempt === 5) {
          throw error;
        }
      }
    }
    await this.page.locator(".tabs-container .tab.active", { hasText: name }).waitFor();
    await this.page.locator(".monaco-editor .view-line").first().waitFor();
  }

  /** Puts the caret at a line's beginning, and again when an editor that opens meanwhile closes the box. */
  async goToLine(line: number): Promise<void> {
    const input = this.page.locator(".quick-input-widget input");
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: `${line}` }).first();
    const place = this.page.locator('.statusbar-item[id="status.editor.selection"]', { hasText: `Ln ${line}, Col 1` });
    for (let attempt = 0; ; attempt++) {
      await this.pressUntil("Control+g", input);
      try {
        await input.fill(`:${line}`, { timeout: 3_000 });
        // By a click: a key would go to the editor if the box has just been closed.
        await row.click({ timeout: 3_000 });
        await input.waitFor({ state: "hidden", timeout: 3_000 });
        await place.waitFor({ timeout: 3_000 });
        return;
      } catch (error) {
        if (attempt === 5) {
          throw error;
        }
      }
    }
  }

  /**
   * Writes another text in the place of a line, indentation included, and again until it shows: an
   * editor that reads a changed file from the disk, or is shown where a program stopped, may drop it.
   */
  async writeLine(line: number, text: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      await this.goToLine(line);
      await this.press("Shift+End");
      await this.page.keyboard.insertText(text);
      try {
        // Marks of the debugger stand between the words of a line.
        const words = text.match(/\w+/g) ?? [];
        await this.until(() => this.editor(), new RegExp(words.join("\\W+")), 3_000);
        return;
      } catch (error) {
        if (attempt === 4) {
          throw error;
        }
      }
    }
  }

  // -- reading --------------------------------------------------------------------------------

  locator(selector: string, options?: Parameters<Page["locator"]>[1]): Locator {
    return this.page.locator(selector, options);
  }

  /** The buttons of the debug toolbar whose names begin with a text. */
  toolbar(name: string): Locator {
    return this.page.locator(`.debug-toolbar .action-label[aria-label^="${name}"]`);
  }

  get status(): Locator {
    return this.page.locator('.part.statusbar .statusbar-item[id="daifu-dap.daifu-dap.daifu.status"]');
  }

  /** What the extension's entry in the status bar says. */
  async statusText(): Promise<string> {
    return (await this.status.allTextContents()).join("").replaceAll("\u00a0", " ");
  }

  /** The notices that show and have a text. */
  notice(text: string): Locator {
    return this.page.locator(".notification-toast .notification-list-item", { hasText: text });
  }

  /** What shows in the editor's lines, hints included. */
  async editor(): Promise<string> {
    const lines = await this.page.locator(".monaco-editor .view-line").allTextContents();
    return lines.join("\n").replaceAll("\u00a0", " ");
  }

  /** What shows in the editor's line that has a text, hints included. */
  async line(text: string): Promise<string> {
    return (await this.editor()).split("\n").find((each) => each.includes(text)) ?? "";
  }

  /** The code lenses with a title. */
  lens(title: string): Locator {
    return this.page.locator(".monaco-editor .codelens-decoration a", { hasText: title });
  }

  /** The text of what shows in the terminal, its wrapped lines joined. */
  async terminal(): Promise<string> {
    const rows = await this.page.locator(".xterm-rows > div").allTextContents();
    return rows.map((row) => row.replaceAll("\u00a0", " ")).join("");
  }

  /** Waits until what is read satisfies a pattern, and gives the match. */
  async until(
    read: () => Promise<string>,
    pattern: RegExp,
    patience = PATIENCE,
  ): Promise<RegExpMatchArray> {
    const deadline = Date.now() + patience;
    let text = "";
    while (Date.now() < deadline) {
      text = await read();
      const found = pattern.exec(text);
      if (found !== null) {
        return found;
      }
      await this.page.waitForTimeout(100);
    }
    throw new Error(`${String(pattern)} did not show; the last text was:\n${text}`);
  }
}
