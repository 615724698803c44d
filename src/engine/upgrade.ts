import type { WebSocketHandler, WebSocketLike } from "../platform.ts";
import type { Message } from "../wire/codec.ts";
import { goAway } from "./endings.ts";
import type { Leaving, Link } from "./link.ts";
import { control } from "./revision.ts";
import type { Session } from "./session.ts";

/** Milliseconds for which a GET is held while a WebSocket is being tried. */
const POLL_HOLD = 100;

/**
 * A WebSocket that wants to take over a polling session: `2probe` → `3probe` → `5` (Engine.IO protocol, "Upgrade").
 *
 * Until `5` the session belongs to polling, and whatever goes wrong here costs only this WebSocket.
 */
export class Probe implements WebSocketHandler {
  readonly #session: Session;
  #ws: WebSocketLike | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  open(ws: WebSocketLike): void {
    const session = this.#session;
    if (session.link.state !== "polling") return ws.close();
    const deadline = session.owner.schedule.after(session.owner.options.upgradeTimeout, () => this.#timedOut());
    this.#ws = ws;
    session.become({ state: "probing", ws, deadline, answered: false });
    session.owner.logs.websocket?.("a websocket tries to take over");
  }

  message(data: Message): void {
    const { link } = this.#session;
    if (!("ws" in link) || link.ws !== this.#ws) return;
    if (link.state === "websocket") return this.#session.receiveFrame(data);
    if (!link.answered && data === "2probe") return this.#answer();
    if (link.answered && data === "5") return this.#takeOver(link);
    this.#giveUp();
  }

  drain(): void {
    if (this.#ownsSession()) this.#session.drained();
  }

  close(_code: number, _reason: string, error?: Error): void {
    if (this.#ownsSession()) this.#session.webSocketClosed(error);
    else this.#giveUp();
  }

  /** A GET that waits now is answered at once, so that the client can pause polling without delay. */
  #answer(): void {
    const session = this.#session;
    const { link } = session;
    if (link.state !== "probing") return;
    session.become({ ...link, answered: true });
    session.dispatch("upgrading", [{ name: "websocket" }]);
    link.ws.send("3probe", false);
    session.polling!.answerWith(control("6"));
  }

  /** A session that is to close does so only now: clients hang when their WebSocket ends while they switch to it. */
  #takeOver({ ws, deadline, leaving }: Link & { state: "probing" }): void {
    deadline.cancel();
    this.#session.upgrade(ws);
    if (leaving !== undefined) leave(this.#session, leaving);
  }

  #timedOut(): void {
    this.#session.owner.limitHit("upgradeTimeout", this.#session);
    this.#giveUp();
  }

  #giveUp(): void {
    const session = this.#session;
    const { link } = session;
    if (link.state !== "probing" || link.ws !== this.#ws) return;
    link.deadline.cancel();
    session.polling?.stopHurrying();
    session.become({ state: "polling" });
    // Last: some platforms report the end before this returns.
    link.ws.close();
    session.owner.logs.websocket?.("the websocket was given up; polling goes on");
    if (link.leaving !== undefined) leave(session, link.leaving);
  }

  #ownsSession(): boolean {
    const { link } = this.#session;
    return link.state === "websocket" && link.ws === this.#ws;
  }
}

function leave(session: Session, leaving: Leaving): void {
  if (leaving === "to another server") goAway(session);
  else session.close(leaving === "at once");
}

/** While the client waits to switch, a held GET without data gets a noop soon; one timer serves them all. */
export function hurryPoll(session: Session): void {
  const { link, owner } = session;
  const polling = session.polling!;
  if (link.state !== "probing" || !link.answered || polling.noopTimer !== undefined) return;
  const due = owner.schedule.now() + POLL_HOLD;
  polling.noopTimer = owner.schedule.after(POLL_HOLD, () => {
    polling.noopTimer = undefined;
    if (session.link.state !== "probing") return;
    polling.answerWith(control("6"));
    // Its ping or pong is held back until then.
    session.polled(owner.schedule.now() - due);
  });
}
