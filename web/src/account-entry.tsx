/**
 * The script of `/account`, `/sign-in`, `/oidc`, `/verify`, `/approve`, `/reset` and `/setup`: the address says which.
 */
import { render } from "preact";
import { AccountPage } from "./account/account.js";
import { ApprovePage, ResetPage, SetupPage, VerifyPage } from "./account/links.js";
import { OidcPage } from "./account/oidc.js";
import { takeSecret } from "./account/session.js";
import { SignInPage } from "./account/sign-in.js";

const pages: Record<string, () => preact.JSX.Element> = {
  "/account": AccountPage,
  "/sign-in": SignInPage,
  "/oidc": OidcPage,
  "/verify": VerifyPage,
  "/approve": ApprovePage,
  "/reset": ResetPage,
  "/setup": SetupPage,
};

const root = document.getElementById("account");
const Current = pages[location.pathname];
if (root && Current) {
  takeSecret();
  // A link that is opened where its page is open already changes no more than this.
  addEventListener("hashchange", () => location.reload());
  // Instead of what was rendered ahead of time, which only says that something comes.
  root.textContent = "";
  render(<Current />, root);
}
