import assert from "node:assert/strict";
import type { Feature, Scenario } from "../feature.ts";
import { Refused } from "../host.ts";
import type { Stage } from "../stage.ts";

const messages = ["Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", "Forbidden", "Unsupported protocol version"];

const HANDSHAKE = "?EIO=4&transport=polling";
const STRANGER = "AAAAAAAAAAAAAAAAAAAA";

interface BadRequest {
  readonly what: string;
  readonly method?: string;
  readonly query: string | ((sid: string) => string);
  readonly code: number;
}

const BAD_REQUESTS: readonly BadRequest[] = [
  { what: "no transport", query: "?EIO=4", code: 0 },
  { what: "an unknown transport", query: "?EIO=4&transport=carrier-pigeon", code: 0 },
  { what: "a transport named like a member of every object", query: "?EIO=4&transport=__proto__", code: 0 },
  { what: "an unknown session", query: `${HANDSHAKE}&sid=${STRANGER}`, code: 1 },
  { what: "a POST to an unknown session", method: "POST", query: `${HANDSHAKE}&sid=${STRANGER}`, code: 1 },
  { what: "a handshake with POST", method: "POST", query: HANDSHAKE, code: 2 },
  { what: "a handshake with PUT", method: "PUT", query: HANDSHAKE, code: 2 },
  { what: "a WebSocket handshake without an upgrade", query: "?EIO=4&transport=websocket", code: 3 },
  { what: "another revision than the session's", query: (sid) => `?EIO=3&transport=polling&sid=${sid}`, code: 3 },
  { what: "another transport than the session's", method: "POST", query: (sid) => `?EIO=4&transport=websocket&sid=${sid}`, code: 3 },
  { what: "a parameter that comes twice", query: "?EIO=4&transport=polling&transport=polling", code: 3 },
  { what: "Engine.IO 3, which is off", query: "?EIO=3&transport=polling", code: 5 },
  { what: "no revision, which means 3", query: "?transport=polling", code: 5 },
];

function refuses({ method = "GET", query, code }: BadRequest): Scenario {
  return async (stage) => {
    const session = await stage.raw();
    const response = await stage.fetch(typeof query === "string" ? query : query(session.open.sid), { method });
    assert.deepEqual([response.status, response.headers.get("content-type")], [400, "application/json"]);
    assert.deepEqual(await response.json(), { code, message: messages[code] });
    await session.connect();
  };
}

const CLEARED = { "access-control-allow-origin": "https://app.example", "access-control-allow-credentials": "true", "access-control-expose-headers": "x-served-by" };

export const refusals: readonly Feature[] = [
  {
    name: "refused requests and their codes",
    needs: ["is on its own"],
    ways: ["polling"],
    scenarios: Object.fromEntries(BAD_REQUESTS.map((bad) => [`${bad.what}: code ${bad.code}`, refuses(bad)])),
  },
  {
    name: "refused WebSocket handshakes",
    needs: ["is on its own"],
    ways: ["websocket"],
    scenarios: {
      "are answered over HTTP": async (stage) => {
        await refused(stage, `?EIO=4&transport=websocket&sid=${STRANGER}`, 400, "Session ID unknown");
        await refused(stage, "?EIO=4&transport=carrier-pigeon", 400, "Transport unknown");
        await refused(stage, "?EIO=4&transport=polling", 400, "Bad request");
        await refused(stage, "?EIO=3&transport=websocket", 400, "Unsupported protocol version");
      },
    },
  },
  {
    name: "`allowRequest`",
    needs: ["is on its own"],
    profile: "guarded",
    scenarios: {
      "refuses with code 4": async (stage) => {
        if (stage.way === "websocket") return refused(stage, "?EIO=4&transport=websocket&let-me-in=no", 403, "Forbidden");
        const response = await stage.fetch(`${HANDSHAKE}&let-me-in=no`);
        assert.deepEqual([response.status, await response.json()], [403, { code: 4, message: "Forbidden" }]);
      },
      "lets others in": async (stage) => {
        await (await stage.raw()).connect();
      },
    },
  },
  {
    name: "methods and overlaps within a session",
    needs: ["is on its own"],
    ways: ["polling"],
    scenarios: {
      "other methods get 405 and change nothing": async (stage) => {
        const session = await stage.raw();
        for (const method of ["PUT", "DELETE", "HEAD", "OPTIONS"]) {
          const { status, headers } = await stage.fetch(session.query(), { method });
          assert.deepEqual([status, headers.get("allow")], [405, "GET, POST"], method);
        }
        await session.connect();
      },
      "a second poll ends the session, and the first one with it": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        const both = await Promise.all([session.poll(), session.poll()]);
        const answers = await Promise.all(both.map(async (response) => [response.status, await response.text()]));
        assert.deepEqual(answers.toSorted(([a], [b]) => Number(a) - Number(b)), [[200, "1"], [400, ""]]);
        assert.deepEqual(await (await session.poll()).json(), { code: 1, message: messages[1] });
      },
      "a client that says it closes gets a noop": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        const poll = session.poll();
        await session.send('42["echo"]');
        assert.equal(await (await poll).text(), '42["echo"]');
        const last = session.poll();
        // Goes another way than the poll, so it may come first: then the session is gone.
        await session.send("1");
        assert.match(await (await last).text(), /^6$|"code":1/);
      },
    },
  },
  {
    name: "other paths belong to the app",
    needs: ["is on its own"],
    ways: ["polling"],
    scenarios: {
      "and are not ours": async (stage) => {
        for (const path of ["/", "/socket.iox/", "/socket.io", "/elsewhere?EIO=4&transport=polling"]) {
          const response = await stage.host.network.fetch(stage.url + path);
          assert.equal(response.status, 404, path);
          await response.text();
        }
      },
      "while what follows our path does not matter": async (stage) => {
        assert.equal((await stage.fetch(`anything/${HANDSHAKE}`)).status, 200);
      },
    },
  },
  {
    name: "CORS",
    needs: ["is on its own"],
    profile: "guarded",
    ways: ["polling"],
    scenarios: {
      "headers on a handshake": async (stage) => {
        for (const origin of ["https://app.example", "https://sub.trusted.example"]) {
          const response = await stage.fetch(HANDSHAKE, { headers: { origin } });
          assert.equal(response.status, 200);
          assert.deepEqual(pick(response.headers, CLEARED), { ...CLEARED, "access-control-allow-origin": origin });
          assert.match(response.headers.get("vary") ?? "", /origin/i);
        }
      },
      "a preflight": async (stage) => {
        const headers = { origin: "https://app.example", "access-control-request-method": "POST" };
        const response = await stage.fetch(HANDSHAKE, { method: "OPTIONS", headers });
        assert.equal(response.status, 204);
        assert.deepEqual(pick(response.headers, { ...CLEARED, "access-control-allow-methods": "GET,POST", "access-control-allow-headers": "x-token", "access-control-max-age": "600" }), {
          ...CLEARED,
          "access-control-allow-methods": "GET,POST",
          "access-control-allow-headers": "x-token",
          "access-control-max-age": "600",
        });
      },
      "headers on an error": async (stage) => {
        const response = await stage.fetch("?EIO=4", { headers: { origin: "https://app.example" } });
        assert.deepEqual([response.status, pick(response.headers, CLEARED)], [400, CLEARED]);
      },
      "a foreign page is refused": async (stage) => {
        const response = await stage.fetch(HANDSHAKE, { headers: { origin: "https://evil.example" } });
        assert.equal(response.status, 403);
        assert.equal(response.headers.get("access-control-allow-origin"), null);
        assert.equal((await response.json() as { code: number }).code, 4);
      },
    },
  },
  {
    name: "origins of WebSocket handshakes",
    needs: ["is on its own"],
    profile: "guarded",
    ways: ["websocket"],
    scenarios: {
      "a foreign page is refused, a friend is let in": async (stage) => {
        const handshake = "?EIO=4&transport=websocket";
        const evil = stage.dial(handshake, { headers: { origin: "https://evil.example" } });
        await assert.rejects(evil, (error) => error instanceof Refused && error.status === 403);
        const { headers } = await stage.dial(handshake, { headers: { origin: "https://app.example" } });
        assert.equal(headers.get("access-control-allow-origin"), "https://app.example");
      },
    },
  },
];

async function refused(stage: Stage, query: string, status: number, body: string): Promise<void> {
  await assert.rejects(stage.dial(query), (error) => {
    assert.ok(error instanceof Refused, String(error));
    assert.deepEqual([error.status, error.body], [status, body], query);
    return true;
  });
}

function pick(headers: Headers, names: Record<string, string>): Record<string, string | null> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, headers.get(name)]));
}
