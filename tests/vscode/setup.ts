/** One server and one browser for all tests. */

import { rmSync } from "node:fs";
import { type Browser, chromium as engine } from "playwright-core";
import { chromium, SCREENSHOTS } from "./places.ts";
import { Server } from "./server.ts";
import { Workbench } from "./workbench.ts";

let server: Server | undefined;
let browser: Browser | undefined;
let current: Workbench | undefined;

export const mochaHooks = {
  async beforeAll(): Promise<void> {
    rmSync(SCREENSHOTS, { recursive: true, force: true });
    browser = await engine.launch({
      executablePath: chromium(),
      args: [
        ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ],
    });
    server = await Server.start();
  },

  async afterEach(this: Mocha.Context): Promise<void> {
    if (current !== undefined) {
      if (this.currentTest?.state === "failed") {
        await current.shot("failed");
      }
      await current.close();
      current = undefined;
    }
  },

  async afterAll(): Promise<void> {
    await browser?.close();
    await server?.stop();
  },
};

/** Opens a workbench for the test that runs. */
export async function open(folder: string, name: string): Promise<Workbench> {
  if (server === undefined || browser === undefined) {
    throw new Error("The server is not up.");
  }
  current = await Workbench.open(browser, server, folder, name);
  return current;
}
