/** The table of features and hosts, in Markdown: a tick where it works, and a note where it does not. */
import { features } from "./features.ts";
import { type Feature, type Manner, missing } from "./feature.ts";
import type { Host } from "./host.ts";
import { bun } from "./hosts/bun.ts";
import { cloudflare } from "./hosts/cloudflare.ts";
import { deno } from "./hosts/deno.ts";
import { memory } from "./hosts/memory.ts";
import { node } from "./hosts/node.ts";
import { latest } from "./libraries.ts";

interface Column {
  readonly title: string;
  readonly host: Host;
  readonly manner: Manner;
}

const columns: readonly Column[] = [
  ...[memory, node, deno, bun, cloudflare].map((host) => ({ title: host.name, host, manner: "awake" as const })),
  { title: "cloudflare, evicted between steps", host: cloudflare, manner: "evicted between steps" },
];

export function featureTable(): string {
  const notes: string[] = [];
  const cell = (feature: Feature, { host, manner }: Column): string => {
    const lacking = missing({ host, library: latest, manner }, feature);
    if (lacking === undefined) return feature.cell?.(host) ?? "✓";
    const reason = host.lacks[lacking]!;
    if (!notes.includes(reason)) notes.push(reason);
    return `– (${notes.indexOf(reason) + 1})`;
  };
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rows = features.map((feature) => row([feature.name, ...columns.map((column) => cell(feature, column))]));
  const head = [row(["", ...columns.map(({ title }) => title)]), row(["---", ...columns.map(() => ":-:")])];
  return [...head, ...rows, "", ...notes.map((note, index) => `${index + 1}. ${note}`)].join("\n");
}
