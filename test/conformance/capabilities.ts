/** What a host or a client may lack. It says why; no test knows either by its name. */
export type Capability = OfHost | OfClient;

type OfHost =
  /** The app closes its own port when it ends. */
  | "owns a port"
  /** Requests travel over TCP, where they can be encrypted. */
  | "has a network"
  /** The server is told when a client leaves before it is answered. */
  | "hears of leaving"
  /** The server is told when a client leaves before it has the whole answer. */
  | "hears of lost answers"
  /** The browser's client comes with the server. */
  | "serves the client"
  /** The server's memory goes and comes back while clients stay connected. */
  | "sleeps"
  /** Nothing keeps the server's memory between two steps of a polling client. */
  | "sleeps while polling";

type OfClient =
  /** A scenario may use no client, or others beside the one that it is played with. */
  | "is on its own"
  /** Comes back to the socket that it was. */
  | "recovers"
  /** Takes every view of bytes for bytes. */
  | "sends views"
  /** Can emit what may be dropped. */
  | "has volatile events";

/** The reasons for all that a host or a client lacks. */
export type Lacks = Partial<Readonly<Record<Capability, string>>>;
