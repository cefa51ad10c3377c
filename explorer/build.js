// Builds closedness/data/{explorer,report}.js from src/: `npm install && npm run build`.
// The first line of each file holds the hash of its sources, so that a test without node sees when a build is old.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? `${here}../closedness/data`;
const hash = createHash("sha256");
for (const name of readdirSync(`${here}src`).sort()) hash.update(`${name}\n`).update(readFileSync(`${here}src/${name}`));
const banner = `// built from explorer/src (${hash.digest("hex")}); do not edit\n`;
const entries = { explorer: "esm", report: "iife" };

for (const [name, format] of Object.entries(entries)) {
  const found = await build({
    entryPoints: [`${here}src/${name}.js`],
    bundle: true,
    charset: "utf8",
    format,
    legalComments: "none",
    minify: true,
    target: "es2022",
    write: false,
  });
  writeFileSync(`${out}/${name}.js`, banner + found.outputFiles[0].text);
}
