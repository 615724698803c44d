/** The README shows what the suite proves. With `CONFORMANCE_TABLE=write` in the environment, this test writes it. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { featureTable } from "./table.ts";

const file = join(import.meta.dirname, "../../README.md");
const MARKED = /(<!-- conformance -->\n)[^]*?(\n<!-- \/conformance -->)/;

test("the README's table of features and runtimes is up to date", () => {
  const readme = readFileSync(file, "utf8");
  assert.match(readme, MARKED);
  const expected = readme.replace(MARKED, (_, begin: string, end: string) => begin + featureTable() + end);
  if (process.env["CONFORMANCE_TABLE"] === "write") writeFileSync(file, expected);
  else assert.ok(readme === expected, "the table is out of date: run `CONFORMANCE_TABLE=write npx vitest run test/conformance/table.test.ts`");
});
