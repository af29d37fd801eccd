/**
 * Guests for the small servers: `POST /v1/guests` gives an id and a token, as Callbox does.
 *
 * A token is the id and its HMAC, so nothing is kept for a guest: no peer pays memory for its logins.
 */
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = randomBytes(32);

function seal(id) {
  return createHmac("sha256", secret).update(id).digest("base64url");
}

/** The id that a token proves, or null. */
export function idOf(token) {
  const [id, seen = ""] = String(token).split(".");
  const wanted = Buffer.from(seal(id));
  const given = Buffer.from(seen);
  return wanted.length === given.length && timingSafeEqual(wanted, given) ? id : null;
}

/** An HTTP server that makes guests, and answers nothing else. */
export function guestServer() {
  return createServer((request, response) => {
    if (request.method !== "POST" || request.url !== "/v1/guests") {
      response.writeHead(404).end();
      return;
    }
    request.resume();
    const id = randomUUID();
    const body = JSON.stringify({ user: { id, age: "adult" }, token: `${id}.${seal(id)}` });
    response.writeHead(201, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
}

/** Listens on a free port of loopback, and prints it. */
export function listen(server) {
  server.listen(0, "127.0.0.1", 8192, () => console.log(server.address().port));
}
