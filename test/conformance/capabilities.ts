/** What a host may lack. A host says why; no test knows a host by its name. */
export type Capability =
  /** The app closes its own port when it ends. */
  | "owns a port"
  /** Requests travel over TCP, where they can be encrypted. */
  | "has a network"
  /** The browser's client comes with the server. */
  | "serves the client"
  /** The server's memory goes and comes back while clients stay connected. */
  | "sleeps"
  /** Nothing keeps the server's memory between two steps of a polling client. */
  | "sleeps while polling";

/** The reasons for all that a host lacks. */
export type Lacks = Partial<Readonly<Record<Capability, string>>>;
