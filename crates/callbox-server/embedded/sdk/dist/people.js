// src/core/account.ts
function makeAccount(login, become) {
  const ask = (method, path, body) => login.restore().then(() => login.ask(method, path, body));
  const enter = async (path, body) => become(await login.take(await ask("POST", path, { ...body, device: login.device })));
  const forget = () => {
    login.forget();
    become(null);
  };
  const read = () => ask("GET", "me");
  const endLogin = (id) => ask("DELETE", `me/logins/${encodeURIComponent(id)}`);
  return {
    /** Who we are, whole. */
    read,
    /** Sends a link to an address; it is ours once that is opened, and the password is set then if it is opened in this browser. */
    setEmail: (email) => ask("PUT", "me/email", email),
    /** Opens the link that `setEmail` sent. */
    verify: (token) => enter("verifications", { token }),
    /** By address and password. */
    signIn: (credentials) => enter("logins", credentials),
    /** Sends a link that signs in, to whoever has an account with this address. */
    sendLink: (email) => ask("POST", "logins/mail", { email }),
    /** Opens the link that `sendLink` sent. */
    redeem: (token) => enter("logins/redeem", { token }),
    /** Makes the first admin, by the link that a new server prints. */
    setUp: (admin) => enter("setup", admin),
    /** Sends a link that sets a new password, to whoever has an account with this address. */
    sendReset: (email) => ask("POST", "passwords/mail", { email }),
    /** Opens the link that `sendReset` sent. All logins of the user end. */
    resetPassword: (reset) => ask("POST", "passwords/reset", reset),
    /** Ends all other logins. */
    changePassword: (change) => ask("PUT", "me/password", change),
    /** The 50 that were used last. */
    logins: () => ask("GET", "me/logins"),
    /** Ends a login elsewhere; for the own one there is `signOut`. */
    endLogin,
    /** Ends the own login. Whoever never gave an address cannot come back. */
    signOut: async () => endLogin((await read()).login).then(forget),
    /** All that is kept of us. */
    export: () => ask("GET", "me/export"),
    /** Deletes the account, and all that is kept of it. */
    delete: (proof = {}) => ask("DELETE", "me", proof).then(forget)
  };
}

// src/core/history.ts
function makeHistory(login) {
  const page = (list, { before, limit = 50 } = {}) => login.ask("GET", `me/${list}?limit=${limit}${before ? `&before=${encodeURIComponent(before)}` : ""}`);
  return {
    calls: (options) => page("calls", options),
    blocks: (options) => page("blocks", options),
    /** Lifts a block: the two may meet again. */
    unblock: (block) => login.ask("DELETE", `me/blocks/${encodeURIComponent(block)}`)
  };
}

// src/core/profile.ts
function makeProfile(login) {
  return {
    /** Says what we tell of ourselves from now on; resolves to what is kept. */
    set: (profile) => login.ask("PUT", "me/profile", profile),
    /** Sets either part of the app's own data, or both. */
    setAttributes: (attributes) => login.ask("PUT", "me/attributes", attributes),
    /** What the other person of this call tells. */
    partner: (call) => login.ask("GET", `calls/${encodeURIComponent(call)}/partner`)
  };
}
export {
  makeAccount,
  makeHistory,
  makeProfile
};
