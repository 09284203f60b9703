/** One server and one browser for all tests. */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium as engine } from "playwright-core";
import { CACHE, chromium, SCREENSHOTS } from "./places.ts";
import { type Payload, Server } from "./server.ts";
import { Workbench } from "./workbench.ts";

let server: Server | undefined;
let browser: Browser | undefined;
let current: Workbench | undefined;

/** The file into which tests inside the extension host write their results. */
export const RESULTS = join(CACHE, "host-results.json");

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
      // One that failed and is tried once more, as in CI, has no state.
      if (this.currentTest?.state !== "passed") {
        console.error(`not passed: ${this.currentTest?.fullTitle() ?? ""}`);
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

/** Opens a workbench for the test that runs, on a folder, a workspace file, or nothing (""). */
export async function open(
  folder: string,
  name: string,
  payload: Payload = [],
  on = server,
): Promise<Workbench> {
  if (on === undefined || browser === undefined) {
    throw new Error("The server is not up.");
  }
  current = await Workbench.open(browser, on, folder, name, payload);
  return current;
}

/** Runs the tests of the first of some extensions inside the extension host of a workbench on a folder. */
export async function runInHost(
  folder: string,
  extensions: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  rmSync(RESULTS, { force: true });
  const server = await Server.start({ env: { ...env, DAIFU_HOST_RESULTS: RESULTS }, host: true });
  try {
    const workbench = await open(
      folder,
      "host",
      [
        ...extensions.map((path) => ["extensionDevelopmentPath", path] as const),
        ["extensionTestsPath", join(extensions[0], "index.js")],
      ],
      server,
    );
    const deadline = Date.now() + 250_000;
    while (!existsSync(RESULTS)) {
      if (Date.now() > deadline) {
        throw new Error("The tests in the extension host did not end in time.");
      }
      await workbench.page.waitForTimeout(200);
    }
    await workbench.shot("end");
  } finally {
    await server.stop();
  }
}
