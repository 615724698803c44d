/** Reads every row of the catalogue, for a program that runs them all. */
export async function loadRows(): Promise<void> {
  await import("./bounds.test.ts");
  await import("./http.test.ts");
  await import("./old-clients.test.ts");
  await import("./packets.test.ts");
  await import("./payload.test.ts");
  await import("./recovery.test.ts");
  await import("./upgrade.test.ts");
  await import("./websocket.test.ts");
}
