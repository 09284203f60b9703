/**
 * Writes the README as it is packed, into `out/`: with its pictures in it. The page that an editor
 * shows of an installed extension has no folder, so relative paths lead nowhere there.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const picture = (_, name) => `](data:image/png;base64,${readFileSync(name).toString("base64")})`;
mkdirSync("out", { recursive: true });
writeFileSync("out/README.md", readFileSync("README.md", "utf8").replaceAll(/\]\((media\/\w+\.png)\)/g, picture));
