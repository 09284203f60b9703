import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json";
import { SECTION, Setting } from "../src/common/settings";
import { Start, VARIABLES } from "../src/common/start";
import { USELESS } from "../src/config/convert";

type Attribute = { description?: string; markdownDescription?: string; type?: unknown };

const { contributes } = manifest;
const daifu = contributes.debuggers[0];
assert.ok(daifu);
const { launch, attach } = daifu.configurationAttributes;

/** The attributes that Microsoft's debugger has in a launch and in an attach entry. */
const KNOWN = {
  launch: `args autoReload console consoleName cwd django env envFile gevent guiEventLoop jinja
    justMyCode logToFile module pathMappings program purpose pyramid python pythonArgs
    redirectOutput showReturnValue stopOnEntry subProcess sudo`,
  attach: `connect django jinja justMyCode listen logToFile pathMappings processId redirectOutput
    showReturnValue subProcess`,
};

/** The text of all that is bundled. */
function sources(folder = "src"): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sources(path) : readFileSync(path, "utf8");
    })
    .join("\n");
}

describe("The way to a session, in package.json", () => {
  const code = sources();

  it("has every attribute that debugpy's entries may have, but those that mean nothing here", () => {
    for (const [request, attributes] of [
      ["launch", launch.properties],
      ["attach", attach.properties],
    ] as const) {
      for (const name of KNOWN[request].split(/\s+/)) {
        assert.ok(name in attributes || USELESS.includes(name), `${request} lacks ${name}`);
      }
    }
  });

  it("says the same of an attribute in launch as in attach", () => {
    const shared = Object.entries<Attribute>(launch.properties).filter(
      ([name]) => name in attach.properties,
    );
    assert.ok(shared.length > 15);
    for (const [name, attribute] of shared) {
      assert.deepEqual((attach.properties as Record<string, Attribute>)[name], attribute, name);
    }
  });

  it("has snippets whose attributes exist", () => {
    const labels = daifu.configurationSnippets.map(({ label }) => label.replace("DaiFu: ", ""));
    for (const due of ["current file", "file with arguments", "module", "torchrun"]) {
      assert.ok(labels.includes(due), due);
    }
    for (const due of ["held program", "host and port", "process"]) {
      assert.ok(labels.some((label) => label.startsWith("attach") && label.includes(due)), due);
    }
    for (const { label, body } of daifu.configurationSnippets) {
      const { type, request, name, ...attributes } = body;
      assert.ok(type === "daifu" && name, label);
      const known = request === "launch" ? launch.properties : attach.properties;
      for (const attribute of Object.keys(attributes)) {
        assert.ok(attribute in known, `${label}: ${attribute}`);
      }
    }
  });

  it("answers the variables of entries by commands of ours", () => {
    assert.deepEqual(daifu.variables, VARIABLES);
  });

  it("has every setting of the code, and no other, all documented", () => {
    const named = Object.entries(contributes.configuration.properties).map(([name, value]) => {
      assert.match((value as Attribute).description ?? "", /\.$/, name);
      return name;
    });
    for (const setting of Object.values(Setting)) {
      assert.ok(named.includes(`${SECTION}.${setting}`), setting);
    }
    for (const name of named.map((each) => each.slice(SECTION.length + 1))) {
      assert.ok(code.includes(`"${name}"`), `${name} is never read`);
    }
    for (const name of Object.keys(Setting)) {
      assert.match(code, new RegExp(`setting\\(Setting\\.${name}\\b`), `${name} is never read`);
    }
  });

  it("registers every command of the way to a session", () => {
    for (const name of Object.keys(Start)) {
      const registered = new RegExp(`registerCommand\\(\\s*Start\\.${name}\\b`);
      assert.match(code, registered, `${name} is never registered`);
    }
  });

  it("asks no file of a window that does not need us", () => {
    assert.ok(!manifest.activationEvents.includes("*"));
    assert.ok(!manifest.activationEvents.some((event) => event.includes("**")));
    assert.deepEqual(manifest.extensionKind, ["workspace"]);
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, false);
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
  });
});
