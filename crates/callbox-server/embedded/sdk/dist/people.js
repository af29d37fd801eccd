// src/core/account.ts
var FLOW = "callbox.oidc";
function makeAccount(login, become, tabStore) {
  const ask = (method, path, body) => login.restore().then(() => login.ask(method, path, body));
  const be = async (signedIn) => become(await login.take(signedIn));
  const enter = async (path, body) => be(await ask("POST", path, { ...body, device: login.device }));
  const forget = () => {
    login.forget();
    become(null);
  };
  const read = () => ask("GET", "me");
  const flow = () => tabStore.get(FLOW) ?? "";
  const forgetFlow = () => tabStore.remove(FLOW);
  const endLogin = (id) => ask("DELETE", `me/logins/${encodeURIComponent(id)}`);
  return {
    /** Our own account, whole. */
    read,
    /**
     * Sends a link to an address; it is ours once that is opened. A guest's password is set then, if it is opened in this browser;
     * an account gives the password that it has.
     */
    setEmail: (email) => ask("PUT", "me/email", email),
    /** Opens the link that `setEmail` sent: who we are then. An account's other address signs nobody in: then that is who we were, or nobody. */
    verify: async (token) => {
      const verified = await ask("POST", "verifications", { token, device: login.device });
      return verified.user && await be({ user: verified.user, token: verified.token });
    },
    /** Asks the mailbox of our account for a yes to one change. It holds for this login and for ten minutes. */
    askApproval: (change) => ask("POST", "me/approvals", { change }),
    /** Says yes, by the link that `askApproval` sent, in any browser; to what. */
    approve: async (token) => (await ask("POST", "approvals", { token })).change,
    /** By address and password. */
    signIn: (credentials) => enter("logins", credentials),
    /** Sends a link that signs in, to the owner of an account with this address. */
    sendLink: (email) => ask("POST", "logins/mail", { email, device: login.device }),
    /** Opens the link that `sendLink` sent. */
    redeem: (token) => enter("logins/redeem", { token }),
    /** Makes the first admin, by the link that a new server prints. */
    setUp: (admin) => enter("setup", admin),
    /** Sends a link that sets a new password, to the owner of an account with this address. */
    sendReset: (email) => ask("POST", "passwords/mail", { email, device: login.device }),
    /** Opens the link that `sendReset` sent. All logins of the user end. */
    resetPassword: (reset) => ask("POST", "passwords/reset", reset),
    /** Ends all other logins. */
    changePassword: (change) => ask("PUT", "me/password", change),
    /** Other services that one may sign in with (OpenID Connect). */
    providers: () => login.ask("GET", "oidc"),
    /**
     * Begins a sign-in at one of them, or with `link` lets it open the account that we have: the address to send this tab to.
     * It returns to `/oidc` of this page's origin.
     */
    startOidc: async (provider, { link = false } = {}) => {
      const { url, flow: flow2 } = await ask("POST", `oidc/${encodeURIComponent(provider)}/start`, { link });
      tabStore.set(FLOW, flow2);
      return url;
    },
    /** On `/oidc`, with its query. A guest becomes an account, a known person returns; or there is more to do. */
    finishOidc: async ({ state, code, iss }) => {
      const finished = await ask("POST", "oidc/finish", { flow: flow(), state, code, iss, device: login.device });
      if (finished.outcome === "signed_in") await be(finished);
      if (finished.outcome !== "confirm") forgetFlow();
      return finished;
    },
    /** Says yes to the outcome `confirm`: the service opens our account from now on. */
    confirmOidc: (proof = {}) => ask("POST", "oidc/confirm", { flow: flow(), ...proof }).then(forgetFlow),
    /** Opens the link of the mail that follows the outcome `mailed`. */
    redeemOidc: (token) => enter("oidc/redeem", { token }),
    /** The services that open our account. */
    identities: () => ask("GET", "me/identities"),
    /** Takes that away from one; not from the last way in. */
    unlink: (id, proof = {}) => ask("DELETE", `me/identities/${encodeURIComponent(id)}`, proof),
    /** The 50 that were used last. */
    logins: () => ask("GET", "me/logins"),
    /** Ends a login elsewhere; for the own one there is `signOut`. */
    endLogin,
    /** Ends the own login. A user who never gave an address cannot return. */
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
    /** Sets our own profile; resolves to what is kept. */
    set: (profile) => login.ask("PUT", "me/profile", profile),
    /** Sets either part of the app's own data, or both. */
    setAttributes: (attributes) => login.ask("PUT", "me/attributes", attributes),
    /** The profile that the other person of this call shows. */
    partner: (call) => login.ask("GET", `calls/${encodeURIComponent(call)}/partner`)
  };
}
export {
  makeAccount,
  makeHistory,
  makeProfile
};
