export function play(
  row: { readonly before: readonly string[]; readonly today: readonly string[]; readonly fate: string | undefined },
  scope: Readonly<Record<string, unknown>>,
): Promise<string | undefined>;
