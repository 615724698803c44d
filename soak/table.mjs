/** Rows of results as text. */

/** One test with one server, in a line. */
export function describeRow({ test, server, did, figures, failures, seconds }) {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`).join(", ");
  return line([test, server, did, text, `${seconds} s`, verdictOf(failures)]);
}

/** Every figure of every test, with the servers beside each other. */
export function describeTable(rows, kinds) {
  const lines = [line(["test", "figure", ...kinds]), line(["---", "---", ...kinds.map(() => "---")])];
  for (const test of new Set(rows.map((row) => row.test))) {
    const results = kinds.map((kind) => rows.find((row) => row.test === test && row.server === kind));
    lines.push(line([test, results.find(({ did }) => did !== "broke off")?.did ?? "broke off", ...results.map(({ failures }) => verdictOf(failures))]));
    for (const name of new Set(results.flatMap(({ figures }) => Object.keys(figures)))) {
      lines.push(line(["", name, ...results.map(({ figures }) => figures[name] ?? "–")]));
    }
  }
  return lines.join("\n");
}

function verdictOf(failures) {
  return failures.length === 0 ? "pass" : `FAIL: ${failures.join("; ")}`;
}

function line(cells) {
  return `| ${cells.map((cell) => String(cell).replaceAll("\n", " ")).join(" | ")} |`;
}
