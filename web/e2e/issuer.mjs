/**
 * An issuer of OpenID Connect that is not ours: npm's oidc-provider, with its pages for trials.
 *
 * It prints `port N`, then waits for a line with the redirect URI of its one client: its starter needs the port first.
 * Any name signs in, with any password; it is the address too, verified unless it begins with `unverified`.
 */
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
createInterface({ input: process.stdin }).once("line", (redirect) => {
  const provider = new Provider(`http://127.0.0.1:${server.address().port}`, {
    clients: [{ client_id: "callbox", client_secret: "north & south", redirect_uris: [redirect] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    cookies: { keys: ["for tests alone"] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unverified") }),
    }),
  });
  server.on("request", provider.callback());
  console.log("ready");
});
