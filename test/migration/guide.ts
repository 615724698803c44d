/** The tables of the migration guide, as data. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What becomes of an old form. */
export type Fate = "works" | "throws" | "undefined" | "ignored";

export interface Row {
  readonly section: string;
  readonly before: readonly string[];
  readonly today: readonly string[];
  /** Absent where there is nothing to run. */
  readonly fate: Fate | undefined;
}

export const guide = readFileSync(join(import.meta.dirname, "../../docs/migration.md"), "utf8");

const HEAD = "| before | today | the old form |";

/** Every row of the tables with this head, by the headings of their sections. */
export function rows(): Row[] {
  return guide.split(/^(?=##)/m).flatMap((part) => {
    const section = part.slice(0, part.indexOf("\n")).replace(/^#+ /, "");
    return part.split(HEAD).slice(1).flatMap((table) => bodyOf(table).map((line) => readRow(section, line)));
  });
}

/** The lines of the table that starts here. */
export function bodyOf(table: string): string[] {
  return table.split("\n\n")[0]!.trim().split("\n").slice(1);
}

/** Text in backticks, blocks apart. */
export function codeIn(text: string): string[] {
  return [...text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

export function cellsOf(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

function readRow(section: string, line: string): Row {
  const [before = "", today = "", fate = ""] = cellsOf(line);
  return { section, before: codeIn(before), today: codeIn(today), fate: (/^\w+/.exec(fate)?.[0] as Fate | undefined) };
}
